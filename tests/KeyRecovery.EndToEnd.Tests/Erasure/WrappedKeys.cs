using KeyRecovery.Testing.Hosting;
using Microsoft.Data.Sqlite;

namespace KeyRecovery.EndToEnd.Tests.Erasure;

/// <summary>What an erasure destroys, as the key store's file holds it.</summary>
internal static class WrappedKeys
{
    private const int WrappedSize = 72;
    private const int WindowSize = 16;

    /// <summary>The wrapped subject keys and the realm's sealed shares, by the rows' ids.</summary>
    public static Dictionary<string, byte[]> Of(string data)
    {
        var keys = new Dictionary<string, byte[]>();
        using var store =
            new SqliteConnection($"Data Source={Path.Combine(data, "keys", "keys.db")};Mode=ReadOnly;Pooling=False");
        store.Open();
        using var read = store.CreateCommand();
        read.CommandText = "SELECT id, value FROM key_rows UNION ALL SELECT id, value FROM realm_slots";
        using var rows = read.ExecuteReader();
        while (rows.Read())
        {
            var value = (byte[])rows[1];
            // Both are 72 bytes, as CBOR writes them; a tombstone has none.
            var at = value.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x58, WrappedSize]);
            if (at >= 0) keys[Convert.ToHexString((byte[])rows[0])] = value[(at + 2)..(at + 2 + WrappedSize)];
        }

        return keys;
    }

    /// <summary>Every 16 bytes of them that follow one another.</summary>
    public static IEnumerable<Canary> Windows(this IEnumerable<KeyValuePair<string, byte[]>> keys) =>
        keys.SelectMany(key =>
            Enumerable.Range(0, WrappedSize - WindowSize + 1)
                .Select(
                    at => new Canary($"wrapped key or sealed share of {key.Key}", key.Value[at..(at + WindowSize)])));
}
