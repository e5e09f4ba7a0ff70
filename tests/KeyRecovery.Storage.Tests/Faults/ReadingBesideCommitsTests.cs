using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Faults;

/// <summary>With a rollback journal a commit shuts readers out: they wait for it, and never fail over it.</summary>
public sealed class ReadingBesideCommitsTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Readers_of_the_key_store_get_whole_rows_while_it_is_written_without_a_pause()
    {
        await using var pair = await _folder.OpenAsync();
        var (left, right) = (new RowKey(Table.KeyRows, new byte[] { 1 }), new RowKey(Table.KeyRows, new byte[] { 2 }));
        await pair.Keys.WriteAsync(
            [new RowWrite.Create(left, new byte[300]), new RowWrite.Create(right, new byte[300])],
            CancellationToken.None);
        using var done = new CancellationTokenSource();
        var reads = new int[4];
        Task[] readers = [.. Enumerable.Range(0, reads.Length).Select(reader => Task.Run(async () =>
        {
            long seen = 0;
            while (!done.IsCancellationRequested)
            {
                var first = (await pair.Keys.ReadAsync(left, CancellationToken.None))!.Version;
                var second = (await pair.Keys.ReadAsync(right, CancellationToken.None))!.Version;
                // Both change in one commit, so the one that is read later is never the older.
                Assert.True(second >= first && first >= seen);
                seen = first;
                Interlocked.Increment(ref reads[reader]);
            }
        }))];
        // So often, and until everybody has read beside it.
        for (long version = 1; version <= 150
            || reads.Any(count => count == 0) && !readers.Any(r => r.IsCompleted); version++)
        {
            var result = await pair.Keys.WriteAsync(
                [new RowWrite.Replace((await pair.Keys.ReadAsync(left, default))!, new byte[300]),
                    new RowWrite.Replace((await pair.Keys.ReadAsync(right, default))!, new byte[300])],
                    CancellationToken.None);
            Assert.IsType<WriteResult.Written>(result);
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
    }
}
