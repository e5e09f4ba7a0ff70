using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Operations;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>The items of a change: each came along or was staged, and is what its entry says.</summary>
internal sealed class ItemPlan(IDataStore data, AccountRows rows, AccountChange change, Moment now)
{
    private readonly Dictionary<Hash256, ItemWriter> _returning = [];

    /// <summary>Older versions that become current again: what they take is there already, and must not go for them.
    /// </summary>
    public IReadOnlyCollection<Hash256> Returning => _returning.Keys;

    /// <summary>Their sealed sizes together, in bytes.</summary>
    public long ReturningBytes { get; private set; }

    /// <summary>The rows of those that came along.</summary>
    public List<RowWrite> Writes { get; } = [];

    /// <summary>Where the entries of the new manifest come from.</summary>
    public ImmutableArray<ItemOrigin> Origins => ManifestRow.Next(
        change.ManifestNow, change.Manifest.Manifest,
        item => new ItemOrigin(
            _returning.TryGetValue(item.Hash, out var writer) ? writer : change.By?.Writer ?? default,
            change.Manifest.Manifest.Version));

    /// <summary>Looks at every item that changes; null where all are right.</summary>
    public async ValueTask<WriteStep?> CheckAsync(CancellationToken ct)
    {
        if (change.MayLackItems) return null;
        var used = 0;
        foreach (var item in change.Changes)
        {
            if (item.After is not { } after) continue;
            var cameAlong = change.Inline.TryGetValue(after.Hash, out var bytes);
            if (cameAlong) used++;
            var fault = cameAlong ? Take(item, bytes)
                : item.IsReturn ? await CheckReturningAsync(item, after, ct) : await CheckStagedAsync(item, ct);
            if (fault is null) return new WriteStep.Again();
            if (fault != ProtocolFault.None) return Refused(fault.Value);
        }

        return used == change.Inline.Count ? null : Refused(ProtocolFault.ItemHash);
    }

    private ProtocolFault Take(ItemChange item, ReadOnlyMemory<byte> bytes)
    {
        if (ItemRules.CheckBytes(change.Next.Account, item, bytes.Span) is var fault and not ProtocolFault.None)
            return fault;
        Writes.Add(rows.Ensure(rows.Item(item.After!.Hash), bytes.Span));
        return ProtocolFault.None;
    }

    // An older version is kept as long as the account row that was read stands: whoever lets it go writes that row
    // first. Null where a chunk of the trail has been replaced since it was read.
    private async ValueTask<ProtocolFault?> CheckReturningAsync(
        ItemChange returns, ManifestItem item, CancellationToken ct)
    {
        var before = change.Before!;
        var stored = await data.ReadAsync(rows.History(item.Id), ct);
        var trail = new TrailReader(data, rows, before);
        var view = await HistoryPlan.ReadAsync(trail, rows, stored, PointNames.Of(before, now), now, ct);
        if (view is null) return null;
        var entry = view.Kept.FirstOrDefault(e => e.Item == item && e.Manifest.Version <= before.ManifestVersion);
        if (entry is null) return await CheckStagedAsync(returns, ct);
        _returning[item.Hash] = entry.Origin.Writer;
        ReturningBytes += item.Size;
        return ProtocolFault.None;
    }

    // Only what the account row names: bytes that lie there by chance may be about to go. Null where it names bytes
    // that are not seen: given way since, or a replica is behind.
    private async ValueTask<ProtocolFault?> CheckStagedAsync(ItemChange item, CancellationToken ct)
    {
        var hash = item.After!.Hash;
        if (change.Before is not { } before || !before.Staged.Any(s => s.Hash == hash)) return ProtocolFault.ItemHash;
        var bytes = await data.FindAsync(rows, rows.Item(hash), ct);
        return bytes is null ? null : ItemRules.CheckBytes(change.Next.Account, item, bytes);
    }

    private static WriteStep.Failed Refused(ProtocolFault fault) => new(ServiceFailure.Refused("items", fault));
}
