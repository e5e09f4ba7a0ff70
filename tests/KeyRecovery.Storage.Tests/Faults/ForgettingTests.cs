using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Faults;

/// <summary>Threat: a stolen copy of the key store's files gives back what was deleted.</summary>
public sealed class ForgettingTests : IDisposable
{
    private const int Window = 16;
    private const int KeySize = 72;

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Dictionary<RowKey, byte[]> Rows(int count, Func<int, int> size) =>
        Enumerable.Range(0, count).ToDictionary(
            _ => new RowKey(Table.KeyRows, SystemRandom.Bytes(Window)), i => SystemRandom.Bytes(size(i)));

    private int Found(IEnumerable<byte[]> secrets) =>
        new Windows(Directory.GetFiles(_folder.KeyFolder, "*.db*")).Found(secrets);

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

    /// <summary>
    /// A page that fills up is rebuilt from copies, and SQLite leaves those where nothing deletes them. Rows of one
    /// size never show it; these grow and shrink, as rows with lists do.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Keys_of_rows_that_grow_shrink_and_come_and_go_are_nowhere_but_where_they_live(bool isLeading)
    {
        var random = new Random(29);
        var table = isLeading ? Table.KeyRows : Table.Subjects;
        await using var pair = await _folder.OpenAsync();
        var alive = new Dictionary<RowKey, byte[]>();
        var gone = new List<byte[]>();
        for (var round = 0; round < 300; round++)
        {
            List<RowWrite> writes = [];
            var older = alive.Keys.Where(_ => random.Next(30) == 0).ToList();
            for (var i = 0; i < 4; i++)
            {
                var key = new RowKey(table, SystemRandom.Bytes(Window));
                alive.Add(key, SystemRandom.Bytes(KeySize));
                writes.Add(new RowWrite.Create(key, Value(alive[key], random.Next(20, 120))));
            }

            foreach (var key in older)
            {
                var was = (await pair.Keys.ReadAsync(key, CancellationToken.None))!;
                Assert.Equal(alive[key], was.Value[..KeySize].ToArray());
                switch (random.Next(4))
                {
                    case 0:
                        gone.Add(alive[key]);
                        alive.Remove(key);
                        writes.Add(new RowWrite.Delete(was));
                        break;
                    case 1:
                        gone.Add(alive[key]);
                        alive[key] = SystemRandom.Bytes(KeySize);
                        goto default;
                    default:
                        writes.Add(new RowWrite.Replace(was, Value(alive[key], random.Next(20, 900))));
                        break;
                }
            }

            Assert.IsType<WriteResult.Written>(await pair.Keys.WriteAsync(writes, CancellationToken.None));
        }

        // At last many at once, as in an erasure job: what SQLite copied before lies in pages that stay as they are.
        foreach (var key in alive.Keys.Where(_ => random.Next(2) == 0).ToList())
        {
            var was = (await pair.Keys.ReadAsync(key, CancellationToken.None))!;
            Assert.IsType<WriteResult.Written>(await pair.Keys.WriteAsync(
                [new RowWrite.Replace(was, Value(new byte[KeySize], 20))], CancellationToken.None));
            gone.Add(alive[key]);
            alive.Remove(key);
        }

        Assert.InRange(gone.Count, 400, 5_000);
        Assert.Equal(alive.Count, Found(alive.Values));
        // Without a place of their own many are left behind: the control of this test.
        if (isLeading) Assert.Equal(0, Found(gone));
        else Assert.NotEqual(0, Found(gone));
    }

    private static byte[] Value(byte[] key, int beside) => [.. key, .. SystemRandom.Bytes(beside)];

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
