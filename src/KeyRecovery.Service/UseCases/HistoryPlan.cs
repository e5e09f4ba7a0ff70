using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>What a change writes of the items that it replaces.</summary>
/// <param name="Writes">History rows, to be written before the commit point.</param>
/// <param name="Superfluous">Items that are past their time or number, to be deleted behind it.</param>
internal sealed record HistoryPlan(List<RowWrite> Writes, List<RowWrite> Superfluous)
{
    private static readonly HashSet<HistoryEntry> NoEntries = [];

    /// <returns>Null where a chunk of the trail has been replaced since the account row was read.</returns>
    public static async ValueTask<HistoryPlan?> OfAsync(
        IDataStore data, AccountRows rows, AccountChange change, AccountState next, Moment now, CancellationToken ct)
    {
        var plan = new HistoryPlan([], []);
        if (change.Before is not { } before) return plan;
        var (trail, gone) = (new TrailReader(data, rows, before), new List<Hash256>());
        var points = PointNames.Of(before, now);
        var place = new ManifestPlace(next.ManifestVersion, next.ManifestHash);
        foreach (var item in change.Changes)
        {
            if (item.Before is not { } replaced) continue;
            // What a repair named and nobody has brought is no version that anybody can go back to.
            if (!before.Claims.IsEmpty && await data.HeadAsync(rows.Item(replaced.Hash), ct) is null) continue;
            var key = rows.History(replaced.Id);
            var stored = await data.ReadAsync(key, ct);
            if (await ReadAsync(trail, rows, stored, points, now, ct) is not { } view) return null;
            // An undo brought it back, and its first time is past: it is an older version once more.
            gone.AddRange(view.GoneWithout(NoEntries).Where(hash => hash != replaced.Hash));
            // Only what the state of now has no room for goes: whether this commit comes to pass is not known yet.
            var entry = new HistoryEntry(
                replaced, now.Latest, place, change.ManifestNow!.OriginOf(replaced), change.By?.Writer ?? default);
            HistoryEntry[] entries = [.. view.Kept.Where(e => e.Manifest != entry.Manifest), entry];
            plan.Writes.Add(rows.Write(key, stored, ItemHistory.Encode(replaced.Id, entries)));
        }

        if (gone.Count > 0)
            plan.Superfluous.AddRange(
                await new Leftovers(data, rows, change.Manifest.Manifest, next).OfVersionsAsync(gone, ct));
        return plan;
    }

    /// <summary>
    /// What counts of a history row, and what is past its time or number. Dead entries are in neither.
    /// </summary>
    /// <returns>Null where a chunk of the trail has been replaced since the account row was read.</returns>
    public static async ValueTask<HistoryView?> ReadAsync(
        TrailReader trail, AccountRows rows, Row? stored, PointNames points, Moment now, CancellationToken ct)
    {
        if (stored is null) return new HistoryView([], []);
        var (confirmed, open) = (new List<HistoryEntry>(), new List<HistoryEntry>());
        foreach (var entry in ItemHistory.Decode(rows.Open(stored)))
        {
            switch (await trail.ConfirmAsync(entry.Manifest, ct))
            {
                // Of a commit in a gap nobody knows: what is kept stays kept.
                case Confirmation.Happened or Confirmation.Unproved:
                    confirmed.Add(entry);
                    break;
                case Confirmation.Open:
                    open.Add(entry);
                    break;
                case Confirmation.Unseen:
                    return null;
            }
        }

        var (kept, dropped) = ItemHistory.Prune(confirmed, points, now);
        return new HistoryView(kept.AddRange(open), dropped);
    }
}

/// <summary>An item's history at a time.</summary>
/// <param name="Kept">What counts, the newest first, and behind it what is still to be confirmed.</param>
/// <param name="Dropped">What is past its time or number.</param>
internal sealed record HistoryView(IReadOnlyList<HistoryEntry> Kept, IReadOnlyList<HistoryEntry> Dropped)
{
    /// <summary>
    /// What is kept, each version once: an undo may have brought one back, and what is current is counted there.
    /// </summary>
    /// <param name="current">The hashes of the current items.</param>
    public IEnumerable<IGrouping<Hash256, HistoryEntry>> Versions(IReadOnlySet<Hash256> current) =>
        Kept.Where(e => !current.Contains(e.Item.Hash)).GroupBy(e => e.Item.Hash);

    /// <summary>
    /// The items that nothing of this history needs once these go as well: a version that an undo brought back may
    /// stand in it twice.
    /// </summary>
    public IEnumerable<Hash256> GoneWithout(IReadOnlySet<HistoryEntry> gone) =>
        Dropped.Concat(Kept.Where(gone.Contains)).Select(e => e.Item.Hash)
            .Except(Kept.Where(e => !gone.Contains(e)).Select(e => e.Item.Hash));
}
