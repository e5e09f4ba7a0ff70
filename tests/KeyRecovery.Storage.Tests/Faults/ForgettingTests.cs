using System.Buffers.Binary;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Faults;

/// <summary>Threat: a stolen copy of the key store's files gives back what was deleted.</summary>
public sealed class ForgettingTests : IDisposable
{
    private const int Window = 16;

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Dictionary<RowKey, byte[]> Rows(int count, Func<int, int> size) =>
        Enumerable.Range(0, count).ToDictionary(
            _ => new RowKey(Table.KeyRows, SystemRandom.Bytes(Window)), i => SystemRandom.Bytes(size(i)));

    /// <summary>How many of <paramref name="secrets"/> have any 16 bytes in a row in any file of the folder.</summary>
    private int Found(IEnumerable<byte[]> secrets)
    {
        HashSet<UInt128> windows = [];
        foreach (var file in Directory.GetFiles(_folder.KeyFolder, "*.db*"))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            if (stream.Length == 0) continue;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            for (var i = 0; i + Window <= bytes.Length; i++)
                windows.Add(BinaryPrimitives.ReadUInt128BigEndian(bytes.AsSpan(i)));
        }

        return secrets.Count(secret => Enumerable.Range(0, secret.Length - Window + 1)
            .Any(i => windows.Contains(BinaryPrimitives.ReadUInt128BigEndian(secret.AsSpan(i)))));
    }

    [Fact]
    public async Task What_is_deleted_or_replaced_is_in_no_file_of_the_key_store_once_the_write_is_acknowledged()
    {
        // Sizes of key rows, and some that need pages of their own.
        var rows = Rows(3_000, i => i % 50 == 0 ? 9_000 : 40 + (i % 400));
        await using var pair = await _folder.OpenAsync();
        foreach (var some in rows.Chunk(100))
            await pair.Keys.WriteAsync(
                [.. some.Select(row => new RowWrite.Create(row.Key, row.Value))], CancellationToken.None);

        var (removed, replaced, kept) =
            (rows.Take(1_500).ToList(), rows.Skip(1_500).Take(1_000).ToList(), rows.Skip(2_500).ToList());
        Assert.Equal(3_000, Found(rows.Values));

        foreach (var some in removed.Chunk(7))
            Assert.IsType<WriteResult.Written>(
                await pair.Keys.WriteAsync(
                    [.. some.Select(row => new RowWrite.Remove(row.Key))], CancellationToken.None));
        foreach (var (key, value) in replaced)
            Assert.IsType<WriteResult.Written>(
                await pair.Keys.WriteAsync(
                    [
                        new RowWrite.Replace(
                            (await pair.Keys.ReadAsync(key, CancellationToken.None))!, new byte[value.Length / 2]),
                    ], CancellationToken.None));

        Assert.Equal(0, Found(removed.Concat(replaced).Select(row => row.Value)));
        Assert.Equal(kept.Count, Found(kept.Select(row => row.Value)));
    }

    [Fact]
    public async Task Control_without_secure_delete_the_same_scan_finds_deleted_keys()
    {
        var rows = Rows(200, _ => 200);
        await using (var pair = await _folder.OpenAsync())
            await pair.Keys.WriteAsync(
                [.. rows.Select(row => new RowWrite.Create(row.Key, row.Value))], CancellationToken.None);

        using (var connection = Connection.Open(_folder.KeyPath, writable: true))
        {
            connection.Execute("PRAGMA journal_mode=DELETE");
            connection.Execute("PRAGMA secure_delete=OFF");
            connection.Execute("DELETE FROM key_rows");
        }

        Assert.InRange(Found(rows.Values), 100, 200);
    }
}
