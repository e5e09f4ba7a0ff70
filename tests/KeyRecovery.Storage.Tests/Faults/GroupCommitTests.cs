using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Sqlite.Connections;
using KeyRecovery.Storage.Sqlite.Stores;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Faults;

/// <summary>Strangers share a commit, and notice nothing of each other.</summary>
public sealed class GroupCommitTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static RowKey Key(int i) => new(Table.Items, BitConverter.GetBytes(i));

    private static Task<WriteResult> Write(SqliteDataStore store, CancellationToken ct, params RowWrite[] writes) =>
        store.WriteAsync(writes, ct).AsTask();

    [Fact]
    public async Task A_refused_write_disturbs_none_of_its_neighbours()
    {
        await using var pair = await _folder.OpenAsync();
        await Write(pair.Data, default, new RowWrite.Create(Key(-1), new byte[] { 1 }));
        Task<WriteResult>[] results = [.. Enumerable.Range(0, 999).Select(i => i % 3 == 1
            ? Write(pair.Data, default, new RowWrite.Create(Key(i), new byte[5000]),
                new RowWrite.Create(Key(-1), new byte[1]), new RowWrite.Remove(Key(-1)))
            : Write(pair.Data, default, new RowWrite.Create(Key(i), new byte[5000])))];
        for (var i = 0; i < results.Length; i++)
        {
            if (i % 3 == 1) Assert.Equal(new WriteResult.Refused(1), await results[i]);
            else Assert.IsType<WriteResult.Written>(await results[i]);
            Assert.Equal(5000, (await pair.Data.ReadAsync(Key(i), CancellationToken.None))!.Value.Length);
        }

        Assert.NotNull(await pair.Data.ReadAsync(Key(-1), CancellationToken.None));
    }

    [Fact]
    public async Task A_batch_is_measured_and_holds_more_than_one_write_under_load()
    {
        var batches = new System.Collections.Concurrent.ConcurrentQueue<int>();
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "keyrecovery.commit.batch") l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((_, requests, _, _) => batches.Enqueue(requests));
        listener.Start();
        await using var pair = await _folder.OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 500)
            .Select(i => Write(pair.Data, default, new RowWrite.Create(Key(i), new byte[100]))));
        Assert.True(batches.Sum() >= 500);
        Assert.True(batches.Max() > 1);
    }

    [Fact]
    public async Task Writes_that_came_in_order_are_done_in_order()
    {
        await using var pair = await _folder.OpenAsync();
        Task<WriteResult>[] results = [.. Enumerable.Range(0, 500).Select(i => Write(pair.Data, default, i % 2 == 0
            ? new RowWrite.Create(Key(0), BitConverter.GetBytes(i))
            : new RowWrite.Remove(Key(0))))];
        Assert.All(await Task.WhenAll(results), result => Assert.IsType<WriteResult.Written>(result));
        Assert.Null(await pair.Data.ReadAsync(Key(0), CancellationToken.None));
    }

    /// <summary>Keeps the writer waiting, by SQLite's own lock, until it is disposed.</summary>
    private Connection Hold()
    {
        var connection = Connection.Open(_folder.DataPath, writable: true);
        connection.Execute("BEGIN IMMEDIATE");
        return connection;
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once_and_the_rest_is_written()
    {
        await using var pair = await _folder.OpenAsync(options => options with { QueueLimit = 8, BatchLimit = 1 });
        Task<WriteResult>[] results;
        using (Hold())
        {
            results = [.. Enumerable.Range(0, 20)
                .Select(i => Write(pair.Data, default, new RowWrite.Create(Key(i), new byte[] { 1 })))];
            // Eight wait, and one may be in the writer's hands.
            Assert.InRange(results.Count(result => result.IsCompleted), 11, 12);
        }

        for (var i = 0; i < results.Length; i++)
        {
            var result = await results[i];
            if (result is not WriteResult.Written)
                Assert.Equal(new WriteResult.Unavailable(0, StoreFault.Busy), result);
            Assert.Equal(
                result is WriteResult.Written, await pair.Data.ReadAsync(Key(i), CancellationToken.None) is not null);
        }
    }

    [Fact]
    public async Task A_queue_full_of_bytes_refuses_too_but_never_a_write_that_is_alone()
    {
        await using var pair = await _folder.OpenAsync(options => options with { QueueBytes = 10_000, BatchLimit = 1 });
        Assert.IsType<WriteResult.Written>(
            await Write(pair.Data, default, new RowWrite.Create(Key(-1), new byte[50_000])));
        Task<WriteResult>[] results;
        using (Hold())
            results = [.. Enumerable.Range(0, 4)
                .Select(i => Write(pair.Data, default, new RowWrite.Create(Key(i), new byte[6_000])))];
        var busy = (await Task.WhenAll(results))
            .Count(result => result == new WriteResult.Unavailable(0, StoreFault.Busy));
        Assert.InRange(busy, 2, 3);
    }

    [Fact]
    public async Task A_write_cancelled_while_it_waits_is_not_written_and_its_neighbours_are()
    {
        await using var pair = await _folder.OpenAsync(options => options with { BatchLimit = 1 });
        using var cancel = new CancellationTokenSource();
        Task<WriteResult> before, late, after;
        using (Hold())
        {
            before = Write(pair.Data, default, new RowWrite.Create(Key(1), new byte[] { 1 }));
            late = Write(
                pair.Data, cancel.Token, new RowWrite.Create(Key(2), new byte[] { 1 }), new RowWrite.Remove(Key(1)));
            after = Write(pair.Data, default, new RowWrite.Create(Key(3), new byte[] { 1 }));
            await cancel.CancelAsync();
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late);
        Assert.All(await Task.WhenAll(before, after), result => Assert.IsType<WriteResult.Written>(result));
        Assert.NotNull(await pair.Data.ReadAsync(Key(1), CancellationToken.None));
        Assert.Null(await pair.Data.ReadAsync(Key(2), CancellationToken.None));
    }

    [Fact]
    public async Task The_log_stays_bounded_under_a_load_without_a_pause()
    {
        await using var pair = await _folder.OpenAsync();
        for (var round = 0; round < 12; round++)
        {
            var writes = Enumerable.Range(0, 64)
                .Select(i => Write(pair.Data, default, new RowWrite.Create(Key((round * 64) + i), new byte[100_000])));
            await Task.WhenAll(writes);
        }

        // 75 MiB were written.
        Assert.InRange(new FileInfo(_folder.DataPath + "-wal").Length, 1, 40 << 20);
    }
}
