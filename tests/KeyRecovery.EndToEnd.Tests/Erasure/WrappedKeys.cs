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
        // A cell is a byte that says whether there is a key, and the key; a tombstone has zeros.
        read.CommandText = "SELECT id, cell FROM key_rows JOIN key_rows_keys ON slot = key_rows.rowid "
            + "UNION ALL SELECT id, cell FROM realm_slots JOIN realm_slots_keys ON slot = realm_slots.rowid";
        using var rows = read.ExecuteReader();
        while (rows.Read())
        {
            var key = ((byte[])rows[1])[1..];
            Assert.Equal(WrappedSize, key.Length);
            if (key.Any(b => b != 0)) keys[Convert.ToHexString((byte[])rows[0])] = key;
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
