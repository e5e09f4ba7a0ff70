using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Recounts the older versions of an account and lets go what there is no room for (docs/protocol.md §7, Bytes). It is
/// upkeep of one account, at the latest when a commit needs the room: the count only rises in between, so a commit
/// waits for it once in many MiB of changes.
/// </summary>
/// <param name="context">The stores.</param>
/// <param name="rows">The account's rows.</param>
/// <param name="needed">Versions that a commit is about to make current again: they stay.</param>
internal sealed class HistoryTrim(ServiceContext context, AccountRows rows, IReadOnlyCollection<Hash256> needed)
{
    // A trim that only just makes the room would be due again with the next commit. What young points name goes only
    // where it must.
    private const long Slack = Limits.KeptBytes / 8;

    /// <summary>Whether what young points name may go as well: not for somebody young.</summary>
    public bool MayTakeAll { get; init; } = true;

    /// <summary>Makes room. Every step may be done again; who finds the rows changed plans anew.</summary>
    /// <param name="stored">The account row as it was read.</param>
    /// <param name="state">What stands in it.</param>
    /// <param name="room">The most bytes that may stay, from 0.</param>
    /// <param name="ct">Cancels between two writes.</param>
    /// <returns>How many versions went, none where the rows have changed since the account row was read; null where
    /// there is no room without those that may not go: then none went.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<int?> MakeRoomAsync(Row stored, AccountState state, long room, CancellationToken ct)
    {
        var (trail, now) = (new TrailReader(context.Data, rows, state), context.Now);
        var points = PointNames.Of(state, now);
        if (await context.Data.FindAsync(rows, rows.Manifest(state.ManifestHash), ct) is not { } named) return 0;
        var manifest = ManifestRow.Decode(named);
        var items = new List<(Row Row, HistoryView View, bool IsPruned)>();
        await foreach (var row in context.Data.ScanOwnerAsync(Table.History, rows.Locator, ct))
        {
            if (await HistoryPlan.ReadAsync(trail, rows, row, points, now, ct) is not { } view) return 0;
            items.Add((row, view, view.Kept.Count < ItemHistory.Decode(rows.Open(row)).Length));
        }

        var current = manifest.Manifest.Manifest.Items.Select(i => i.Hash).ToHashSet();
        var versions = items
            .SelectMany(i => i.View.Versions(current).Select(v => (
                Entries: v, Order: v.Max(e => OrderOf(e, i.View, points, manifest)), v.First().Item)))
            .OrderBy(v => v.Order).ThenBy(v => v.Entries.Max(e => e.Manifest.Version)).ThenBy(v => v.Item.Id).ToList();
        var bytes = versions.Sum(v => v.Item.Size);
        var target = bytes > room ? Math.Max(0, Math.Min(room, Limits.KeptBytes - Slack)) : room;
        var gone = new HashSet<HistoryEntry>();
        foreach (var (entries, order, item) in versions.Where(v => !needed.Contains(v.Item.Hash)))
        {
            var isLast = order >= TrimOrder.ByYoungPointWrittenAnew;
            if (bytes <= (isLast ? room : target)) break;
            if (isLast && !MayTakeAll) return null;
            gone.UnionWith(entries);
            bytes -= item.Size;
        }

        var next = state with { KeptBytes = bytes };
        var dropped = items.Sum(i => i.View.Dropped.Count) + gone.Count;
        if (dropped == 0 && bytes == state.KeptBytes && items.All(i => !i.IsPruned)) return 0;
        var leftovers = new Leftovers(context.Data, rows, manifest.Manifest.Manifest, next);
        List<RowWrite> writes =
        [
            .. items.Where(i => i.IsPruned || i.View.Kept.Any(gone.Contains))
                .Select(i => Write(i.Row, [.. i.View.Kept.Where(e => !gone.Contains(e))])),
            rows.Write(rows.Account, stored, next.Encode()),
            .. await leftovers.OfVersionsAsync(items.SelectMany(i => i.View.GoneWithout(gone)), ct),
        ];
        if (await context.Data.WriteAsync(writes, ct) is WriteResult.Unavailable(_, var reason))
            throw new StoreUnavailableException(reason, "the older versions of an account cannot be trimmed");
        return dropped;
    }

    // Of what young points name, that goes first of which somebody trusted has written another version since.
    private static TrimOrder OrderOf(HistoryEntry entry, HistoryView item, PointNames points, ManifestRow now)
    {
        var order = points.OrderOf(entry);
        if (order != TrimOrder.ByYoungPoint) return order;
        var current = now.Manifest.Manifest.Find(entry.Item.Id);
        return IsAnew(current is null ? null : now.OriginOf(current)) || item.Kept.Any(e => IsAnew(e.Origin))
            ? TrimOrder.ByYoungPointWrittenAnew : order;

        bool IsAnew(ItemOrigin? origin) =>
            origin is { Writer.IsYoung: false } later && later.Since >= entry.Manifest.Version;
    }

    private RowWrite Write(Row row, HistoryEntry[] entries) => entries.Length == 0
        ? new RowWrite.Delete(row)
        : rows.Write(row.Key, row, ItemHistory.Encode(new ItemId(row.Key.Id.Span[AccountRows.LocatorSize..]), entries));
}
