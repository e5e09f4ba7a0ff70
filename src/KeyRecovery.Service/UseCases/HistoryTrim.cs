using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Recounts the older versions of an account and lets the oldest go. It is upkeep of one account, at the latest when a
/// commit needs the room: the count only rises in between, so a commit waits for it once in many MiB of changes.
/// </summary>
internal sealed class HistoryTrim(ServiceContext context, AccountRows rows)
{
    // A trim that only just makes the room would be due again with the next commit.
    private const long Slack = Limits.KeptBytes / 8;

    /// <summary>Makes room. Every step may be done again; who finds the rows changed plans anew.</summary>
    /// <param name="stored">The account row as it was read.</param>
    /// <param name="state">What stands in it.</param>
    /// <param name="room">The most bytes that may stay, from 0.</param>
    /// <param name="ct">Cancels between two writes.</param>
    /// <returns>How many versions went; none where the rows have changed since the account row was read.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<int> MakeRoomAsync(Row stored, AccountState state, long room, CancellationToken ct)
    {
        var (trail, now) = (new TrailReader(context.Data, rows, state), context.NowSeconds);
        var items = new List<(Row Row, IReadOnlyList<HistoryEntry> Kept, bool IsPruned)>();
        var gone = new List<HistoryEntry>();
        await foreach (var row in context.Data.ScanOwnerAsync(Table.History, rows.Locator, ct))
        {
            if (await HistoryPlan.ReadAsync(trail, rows, row, now, ct) is not var (kept, dropped)) return 0;
            gone.AddRange(dropped);
            items.Add((row, kept, kept.Count < ItemHistory.Decode(rows.Open(row)).Length));
        }

        var oldestFirst = items.SelectMany(i => i.Kept).OrderBy(e => e.Manifest.Version)
            .ThenBy(e => e.Item.Id).ToList();
        var bytes = oldestFirst.Sum(e => e.Item.Size);
        var target = bytes > room ? Math.Max(0, Math.Min(room, Limits.KeptBytes - Slack)) : room;
        foreach (var entry in oldestFirst)
        {
            if (bytes <= target) break;
            gone.Add(entry);
            bytes -= entry.Item.Size;
        }

        var next = state with { KeptBytes = bytes };
        if (gone.Count == 0 && next.KeptBytes == state.KeptBytes && items.All(i => !i.IsPruned)) return 0;
        if (await context.Data.FindAsync(rows, rows.Manifest(state.ManifestHash), ct) is not { } signed) return 0;
        var manifest = SignedManifest.Decode(signed).Manifest;
        var left = gone.ToHashSet();
        List<RowWrite> writes =
        [
            .. items.Where(i => i.IsPruned || i.Kept.Any(left.Contains))
                .Select(i => Write(i.Row, [.. i.Kept.Where(e => !left.Contains(e))])),
            rows.Write(rows.Account, stored, next.Encode()),
            .. await new Leftovers(context.Data, rows, manifest, next)
                .OfVersionsAsync(gone.Select(e => e.Item.Hash), ct),
        ];
        if (await context.Data.WriteAsync(writes, ct) is WriteResult.Unavailable(_, var reason))
            throw new StoreUnavailableException(reason, "the older versions of an account cannot be trimmed");
        return gone.Count;
    }

    private RowWrite Write(Row row, HistoryEntry[] entries) => entries.Length == 0
        ? new RowWrite.Delete(row)
        : rows.Write(row.Key, row, ItemHistory.Encode(new ItemId(row.Key.Id.Span[AccountRows.LocatorSize..]), entries));
}
