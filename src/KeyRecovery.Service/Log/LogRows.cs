using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Log;

/// <summary>
/// The rows that a batch of the log is owed: the apps are told, its leaves get their places, and then its outbox rows
/// go.
/// </summary>
internal sealed class LogRows(IDataStore data, IKeyStore keys, LogIndex index, AppFeeds feeds)
{
    /// <summary>
    /// How many leaves behind the log the mark of the data store may be at most, once all is made: a start reads them
    /// back.
    /// </summary>
    private const ulong FollowedEvery = 16;

    private ulong _followed;

    /// <summary>Makes what the head's last batch is owed.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot do it.</exception>
    public async ValueTask MakeAsync(LogHead head, CancellationToken ct)
    {
        await TellAsync(head, ct);
        await WriteAsync(
            data, head.Last.Select((leaf, i) =>
                LogIndex.Ensure(MerkleTree.LeafHash(leaf.Leaf.Span), head.Before + (ulong)i)), ct);
        await RemoveAsync(head.Last.Select(leaf => leaf.Outbox), ct);
        if (head.Size >= _followed + FollowedEvery) await RememberAsync(head.Size, ct);
    }

    /// <summary>Tells the apps what the head's last batch is to tell them.</summary>
    /// <exception cref="StoreUnavailableException">The key store cannot do it.</exception>
    public async ValueTask TellAsync(LogHead head, CancellationToken ct)
    {
        var told = head.Last.SelectMany((leaf, i) => leaf.Events.IsEmpty ? [] : Entries(leaf, head.Before + (ulong)i))
            .ToLookup(entry => entry.App, entry => entry.Entry);
        if (told.Count > 0) await feeds.TellAsync(head.Origin, head.Size, told, ct);
    }

    private static IEnumerable<(string App, FeedEntry Entry)> Entries(BatchLeaf leaf, ulong index)
    {
        var (stub, time) = (AppEventStub.Decode(leaf.Events), AuditLeaf.Decode(leaf.Leaf).Time);
        return stub.Events.Select(one => (stub.App, new FeedEntry(time, index, one)));
    }

    /// <summary>Reads what an older data store has forgotten back from the bundles.</summary>
    /// <returns>Whether it had forgotten nothing: the mark comes last, so nothing at all is owed then.</returns>
    /// <exception cref="LogFaultException">A bundle is not there, or is none.</exception>
    /// <exception cref="StoreUnavailableException">The store or the files cannot do it.</exception>
    public async ValueTask<bool> FollowAsync(ulong size, LogReader reader, CancellationToken ct)
    {
        _followed = await index.FollowedAsync(ct);
        if (_followed >= size) return true;
        var places = new List<RowWrite>();
        await foreach (var (at, leaf) in reader.EntriesAsync(_followed, size, ct))
        {
            places.Add(LogIndex.Ensure(MerkleTree.LeafHash(leaf.Span), at));
            if (places.Count < LogHead.MaxBatch) continue;
            await WriteAsync(data, places, ct);
            places = [];
        }

        await WriteAsync(data, places, ct);
        await RememberAsync(size, ct);
        return false;
    }

    /// <summary>Removes outbox rows.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot do it.</exception>
    public async ValueTask RemoveAsync(IEnumerable<RowKey> outbox, CancellationToken ct)
    {
        var byStore = outbox.Distinct().ToLookup(row => row.Table.Store, row => new RowWrite.Remove(row));
        await WriteAsync(data, byStore[StoreKind.Data], ct);
        await WriteAsync(keys, byStore[StoreKind.Keys], ct);
    }

    private async ValueTask RememberAsync(ulong size, CancellationToken ct)
    {
        await index.FollowAsync(size, ct);
        _followed = size;
    }

    private static async ValueTask WriteAsync(IRowStore store, IEnumerable<RowWrite> writes, CancellationToken ct)
    {
        foreach (var some in writes.Chunk(LogHead.MaxBatch))
            if (await store.WriteAnyOrderAsync(some, ct) is WriteResult.Unavailable(_, var reason))
                throw new StoreUnavailableException(reason, "the log's rows cannot be written");
    }
}
