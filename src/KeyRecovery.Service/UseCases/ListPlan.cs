using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// What a change appends to the account's three lists: its links, its trail of manifests, and its activity.
/// </summary>
/// <param name="Writes">Chunks to write.</param>
/// <param name="Superseded">Chunks in whose place others come.</param>
/// <param name="LinkChunk">The newest chunk of links after it.</param>
/// <param name="Trail">The trail after it.</param>
/// <param name="Activity">The activity after it.</param>
internal sealed record ListPlan(
    List<RowWrite> Writes, List<RowKey> Superseded, Hash256 LinkChunk, Trail Trail, ActivityList Activity)
{
    /// <param name="data">The data store.</param>
    /// <param name="rows">The account's rows.</param>
    /// <param name="change">The change.</param>
    /// <param name="entry">What the activity says of it.</param>
    /// <param name="now">The time.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Null where a chunk has been replaced since the account row was read.</returns>
    public static async ValueTask<ListPlan?> OfAsync(
        IDataStore data, AccountRows rows, AccountChange change, ReadOnlyMemory<byte> entry, Moment now,
        CancellationToken ct)
    {
        var (writes, superseded) = (new List<RowWrite>(), new List<RowKey>());
        var linkChunk = change.Before?.LinkChunk ?? default;
        if (change.Links.Length > 0)
        {
            // A repair that brings the whole chain anew hangs on no chunk of before.
            var isNew = change.Links[0].Link.Sequence == 0;
            var entries = change.Links
                .Select(l => (l.Link.Sequence, (ReadOnlyMemory<byte>)ChainLinkEntry.Of(l, now).Encode())).ToList();
            if (await AppendAsync(Table.Links, isNew ? null : linkChunk, entries, ChunkSize.Links) is not { } name)
                return null;
            linkChunk = name;
        }

        var before = change.TrailBefore ?? change.Before?.Trail ?? default;
        var trail = before.Add(News(change, before.Last));
        if (trail.Overflow is var moved and > 0)
        {
            if (await AppendAsync(
                Table.Trails, trail.Chunk, trail.Entries().Take(moved).ToList(), ChunkSize.Trail) is not { } name)
                return null;
            trail = trail.MovedTo(name, moved);
        }

        if (await ActivityAppend.OfAsync(data, rows, change.Before?.Activity ?? default, [entry], ct)
            is not { } activity)
            return null;
        writes.AddRange(activity.Writes);
        superseded.AddRange(activity.Superseded.Select(gone => gone.Key));
        return new ListPlan(writes, superseded, linkChunk, trail, activity.Activity);

        // Of a repair's manifests, those that the account has already stand in its trail.
        static IReadOnlyList<ManifestPlace> News(AccountChange change, ulong last)
        {
            var place = change.Manifest.Place;
            var first = place.Version - (ulong)change.Between.Length;
            return [
                .. change.Between.Select((hash, i) => new ManifestPlace(first + (ulong)i, hash))
                    .Where(p => p.Version > last), place];
        }

        async ValueTask<Hash256?> AppendAsync(
            Table table, Hash256? newest, IReadOnlyList<(ulong, ReadOnlyMemory<byte>)> entries, ChunkSize size)
        {
            if (await ListAppend.OfAsync(data, rows, table, newest, entries, size, ct) is not { } append) return null;
            writes.AddRange(append.Writes);
            if (append.Superseded is { } old) superseded.Add(old);
            return append.Name;
        }
    }
}
