using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Operations;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Turns an accepted commit into rows, in the order that a crash may cut anywhere: items, then link, keyset and
/// manifest, which are immutable, then (the caller's) account row, then what the commit made superfluous.
/// </summary>
internal sealed class CommitWriter(IDataStore data, AccountRows rows, AccountId account, ulong now)
{
    private readonly List<RowWrite> _items = [];
    private readonly List<RowWrite> _superfluous = [];
    private readonly List<Hash256> _fromStaging = [];

    /// <summary>Gathers the rows before and after the account row, or says what is wrong with an item.</summary>
    public async ValueTask<ServiceFailure?> AddItemsAsync(ImmutableArray<ItemChange> changes, CommitBundle bundle, CancellationToken ct)
    {
        var inline = bundle.Items.ToDictionary(i => Hash256.Of(i.Span));
        foreach (var change in changes)
        {
            if (change.After is { } after)
            {
                var fault = inline.Remove(after.Hash, out var bytes)
                    ? AddInline(change, bytes)
                    : await CheckStagedAsync(change, ct);
                if (fault != ProtocolFault.None) return ServiceFailure.Refused("items", fault);
            }
            if (change.Before is { } before) await AddHistoryAsync(before, ct);
        }
        if (inline.Count != 0) return ServiceFailure.Refused("items", ProtocolFault.ItemHash);
        await TakeFromStagingAsync(ct);
        return null;
    }

    /// <summary>All rows of the commit, in order, with the account row at its commit point.</summary>
    public List<RowWrite> Write(CommitBundle bundle, RowWrite accountRow, Hash256? manifestBefore, Hash256? keysetBefore)
    {
        var writes = new List<RowWrite>(_items);
        if (bundle.Link is { } link) writes.Add(rows.Ensure(rows.Link(new LinkPlace(link.Link.Sequence, link.Hash)), link.Bytes.Span));
        if (bundle.Keyset is { } keyset) writes.Add(rows.Ensure(rows.Keyset(keyset.Hash), keyset.Bytes.Span));
        writes.Add(rows.Ensure(rows.Manifest(bundle.Manifest.Hash), bundle.Manifest.Bytes.Span));
        writes.Add(accountRow);
        if (manifestBefore is { } manifest) writes.Add(new RowWrite.Remove(rows.Manifest(manifest)));
        if (keysetBefore is { } old && bundle.Keyset is { } next && old != next.Hash) writes.Add(new RowWrite.Remove(rows.Keyset(old)));
        writes.AddRange(_superfluous);
        return writes;
    }

    private ProtocolFault AddInline(ItemChange change, ReadOnlyMemory<byte> bytes)
    {
        if (ItemRules.CheckBytes(account, change, bytes.Span) is var fault and not ProtocolFault.None) return fault;
        _items.Add(rows.Ensure(rows.Item(change.After!.Hash), bytes.Span));
        return ProtocolFault.None;
    }

    private async ValueTask<ProtocolFault> CheckStagedAsync(ItemChange change, CancellationToken ct)
    {
        var bytes = await data.FindAsync(rows, rows.Item(change.After!.Hash), ct);
        if (bytes is null) return ProtocolFault.ItemHash;
        _fromStaging.Add(change.After.Hash);
        return ItemRules.CheckBytes(account, change, bytes);
    }

    private async ValueTask AddHistoryAsync(ManifestItem replaced, CancellationToken ct)
    {
        var key = rows.History(replaced.Id);
        var (versions, version) = await data.ReadVersionedAsync(rows, key, ItemHistory.Decode, [], ct);
        var (kept, dropped) = ItemHistory.Add(versions, replaced, now);
        _items.Add(rows.Replace(key, ItemHistory.Encode(replaced.Id, kept), version));
        _superfluous.AddRange(dropped.Select(d => new RowWrite.Remove(rows.Item(d.Entry.Hash))));
    }

    private async ValueTask TakeFromStagingAsync(CancellationToken ct)
    {
        if (_fromStaging.Count == 0) return;
        var (staged, version) = await data.ReadVersionedAsync(rows, rows.Staging, StagedItems.Decode, [], ct);
        if (version != 0) _items.Add(rows.Replace(rows.Staging, StagedItems.Encode([.. staged.Where(s => !_fromStaging.Contains(s.Hash))]), version));
    }
}
