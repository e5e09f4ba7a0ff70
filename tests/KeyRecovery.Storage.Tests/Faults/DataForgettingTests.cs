using System.Buffers.Binary;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Faults;

/// <summary>Threat: a copy of the data store's files gives back what was erased.</summary>
public sealed class DataForgettingTests : IDisposable
{
    private const int Window = 16;

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task After_the_journals_are_emptied_nothing_deleted_is_in_any_file()
    {
        await using var pair = await _folder.OpenAsync();
        var (gone, kept) = await DeleteHalfAsync(pair);
        Assert.NotEqual(0, Found(gone));
        Assert.True(await pair.Data.ForgetAsync(default));
        Assert.Equal(0, new FileInfo(_folder.DataPath + "-wal").Length);
        Assert.Equal((0, kept.Count), (Found(gone), Found(kept)));
    }

    [Fact]
    public async Task Control_without_secure_delete_emptied_journals_leave_remnants()
    {
        await using var pair = await _folder.OpenAsync(options => options with { LeavesRemnants = true });
        var (gone, _) = await DeleteHalfAsync(pair);
        Assert.True(await pair.Data.ForgetAsync(default));
        Assert.NotEqual(0, Found(gone));
    }

    [Fact]
    public async Task While_somebody_reads_an_older_state_it_is_not_proved_and_afterwards_it_is()
    {
        await using var pair = await _folder.OpenAsync();
        await pair.Data.WriteAsync(
            [new RowWrite.Create(new RowKey(Table.Items, SystemRandom.Bytes(16)), SystemRandom.Bytes(64))], default);
        List<byte[]> gone;
        using (var reader = Connection.Open(_folder.DataPath, writable: false))
        {
            reader.Execute("BEGIN");
            Assert.Equal("1", reader.Scalar("SELECT count(*) FROM items"));
            (gone, _) = await DeleteHalfAsync(pair);
            Assert.False(await pair.Data.ForgetAsync(default));
            Assert.NotEqual(0, Found(gone));
            // Nobody else is held up by it.
            Assert.IsType<WriteResult.Written>(
                await pair.Data.WriteAsync(
                    [new RowWrite.Create(new RowKey(Table.Items, new byte[] { 1 }), new byte[] { 1 })], default));
        }

        Assert.True(await pair.Data.ForgetAsync(default));
        Assert.Equal(0, Found(gone));
    }

    [Fact]
    public async Task Journals_are_emptied_beside_a_writer_that_never_rests()
    {
        await using var pair = await _folder.OpenAsync();
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (; !stop.IsCancellationRequested;)
                Assert.IsType<WriteResult.Written>(
                    await pair.Data.WriteAsync(
                        [
                            new RowWrite.Create(
                                new RowKey(Table.Items, SystemRandom.Bytes(16)), SystemRandom.Bytes(2_000)),
                        ], default));
        })).ToList();
        for (var i = 0; i < 20; i++) Assert.True(await pair.Data.ForgetAsync(default));
        await stop.CancelAsync();
        await Task.WhenAll(writers);
    }

    // Of one magnitude. Beside rows of many pages, SQLite leaves now and then a piece of a small one in the slack of a
    // page that it rebuilt (3 of 300 here): of the data store, whose rows nobody opens without their subject key, that
    // is told.
    private static async Task<(List<byte[]> Gone, List<byte[]> Kept)> DeleteHalfAsync(SqliteStorePair pair)
    {
        var rows = Enumerable.Range(0, 600).ToDictionary(
            _ => new RowKey(Table.Items, SystemRandom.Bytes(32)), i => SystemRandom.Bytes(300 + i));
        foreach (var some in rows.Chunk(100))
            await pair.Data.WriteAsync([.. some.Select(row => new RowWrite.Create(row.Key, row.Value))], default);
        var gone = rows.Where((_, i) => i % 2 == 0).ToList();
        foreach (var some in gone.Chunk(50))
            Assert.IsType<WriteResult.Written>(
                await pair.Data.WriteAsync([.. some.Select(row => new RowWrite.Remove(row.Key))], default));
        return ([.. gone.Select(row => row.Value)], [.. rows.Where((_, i) => i % 2 == 1).Select(row => row.Value)]);
    }

    private int Found(IEnumerable<byte[]> secrets)
    {
        HashSet<UInt128> windows = [];
        foreach (var file in Directory.GetFiles(_folder.DataFolder, "*.db*"))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            for (var i = 0; i + Window <= bytes.Length; i++)
                windows.Add(BinaryPrimitives.ReadUInt128BigEndian(bytes.AsSpan(i)));
        }

        return secrets.Count(secret => Enumerable.Range(0, secret.Length / Window)
            .Any(i => windows.Contains(BinaryPrimitives.ReadUInt128BigEndian(secret.AsSpan(i * Window)))));
    }
}
