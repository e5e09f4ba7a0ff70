using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Operations;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>What a change makes of the account's restore points and the seals that they need.</summary>
/// <param name="Points">The points after it.</param>
/// <param name="Doomed">Rows that go before it is answered.</param>
/// <param name="Writes">Seals of the epoch that it ends, to be written before the commit point.</param>
/// <param name="Superfluous">Manifests and seals of points that go, to be deleted behind it.</param>
internal sealed record PointPlan(
    ImmutableArray<RestorePointEntry> Points, ImmutableArray<DoomedRow> Doomed, List<RowWrite> Writes,
    List<RowWrite> Superfluous)
{
    /// <returns>Null where a keyset is not seen: another commit has come in between.</returns>
    public static async ValueTask<PointPlan?> OfAsync(
        IDataStore data, AccountRows rows, AccountChange change, Moment now, CancellationToken ct)
    {
        var next = change.Next;
        if (change.Before is not { } before) return new PointPlan([], [], [], []);
        // Of a chain that is not the account's any more, no manifest stands in its place.
        var points = change.ReplacesChain
            ? [] : PointRules.After(before, next, change.By?.Authority, change.Links.Length > 0, now);
        if (change is { Replaces: true, ReplacesChain: false }) points = PointRules.Replaced(points, before, now);
        var writes = new List<RowWrite>();
        if (next.Path.Newest != before.Path.Newest && points.Any(p => p.Epoch == before.Path.Newest))
        {
            // They are in the keysets that go now. Whoever leaves gets none.
            foreach (var hash in before.Keysets)
            {
                var keyset = await data.FindAsync(rows, rows.Keyset(hash), ct);
                // A repair mends what is there of a store that lost some of it.
                if (keyset is null && change.MayLackItems) continue;
                if (keyset is null) return null;
                writes.AddRange(Keyset.Decode(keyset).Entries.Where(e => next.Authorities.ContainsKey(e.Id))
                    .Select(e => rows.Ensure(rows.Seal(before.Path.Newest, e.Id), e.Seal.Span)));
            }
        }

        return new PointPlan(
            points, Doom(before, next), writes, [.. Gone(rows, before, next, points)]);
    }

    private static ImmutableArray<DoomedRow> Doom(AccountState before, AccountState next)
    {
        var removed = before.Authorities.Keys.Where(id => !next.Authorities.ContainsKey(id)).ToList();
        if (removed.Count == 0) return before.Doomed;
        var epochs = before.Points.Select(p => p.Epoch).Where(e => e < before.Path.Newest).Distinct();
        return
        [
            .. before.Doomed,
            .. epochs.SelectMany(epoch => removed.Select(id => AccountRows.SealName(epoch, id))),
            .. before.Keysets.Except(next.Keysets).Select(AccountRows.KeysetName),
        ];
    }

    // Nobody comes to need these again: a point is made of the state of now alone.
    private static IEnumerable<RowWrite> Gone(
        AccountRows rows, AccountState before, AccountState next, ImmutableArray<RestorePointEntry> points)
    {
        var manifests = points.Select(p => p.Manifest.Hash).Append(next.ManifestHash);
        foreach (var hash in before.Points.Select(p => p.Manifest.Hash).Except(manifests))
            yield return new RowWrite.Remove(rows.Manifest(hash));
        foreach (var epoch in before.Points.Select(p => p.Epoch).Except(points.Select(p => p.Epoch)))
            foreach (var id in before.Authorities.Keys)
                yield return new RowWrite.Remove(rows.Seal(epoch, id));
    }
}
