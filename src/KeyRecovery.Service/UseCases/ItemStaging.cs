using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>Stores a sealed item ahead of the commit that names it, or one that a repaired manifest names.</summary>
public sealed class ItemStaging
{
    private const int Attempts = 8;

    private readonly ServiceContext _context;

    internal ItemStaging(ServiceContext context) => _context = context;

    /// <summary>Stores the item under its hash. The same again is done at once.</summary>
    /// <param name="account">Whose; a device asks.</param>
    /// <param name="hash">SHA-256 of the bytes, which was checked against them.</param>
    /// <param name="sealedItem">The bytes.</param>
    /// <param name="ct">Cancels.</param>
    public async ValueTask<Outcome<Hash256>> PutAsync(
        OpenAccount account, Hash256 hash, ReadOnlyMemory<byte> sealedItem, CancellationToken ct)
    {
        if (account.Actor.IsSlot) return ServiceFailure.Forbidden("items");
        if (CheckShape(account, sealedItem.Span) is { } failure) return failure;
        using var turn = await _context.Turns.TakeAsync(account.State.Account, ct);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if ((attempt > 0 || turn.HasWaited) && await _context.Door.RefreshAsync(account, ct) is { } shut)
                return shut;
            if (await TryPutAsync(account, hash, sealedItem, ct) is { } outcome) return outcome;
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    // Null where another request has written the account row meanwhile. The bytes come first, and anew with each try: a
    // deletion that is under way is refused by them.
    private async ValueTask<Outcome<Hash256>?> TryPutAsync(
        OpenAccount account, Hash256 hash, ReadOnlyMemory<byte> sealedItem, CancellationToken ct)
    {
        var (rows, state) = (account.Rows, account.State);
        if (await _context.Data.ReadAsync(rows.Manifest(state.ManifestHash), ct) is not { } manifestRow) return null;
        var manifest = ManifestRow.Decode(rows.Open(manifestRow)).Manifest.Manifest;
        var named = manifest.Items.Where(i => i.Hash == hash).ToList();
        // What a repair named and nobody has seen is looked at now, as a commit would have.
        if (named.Any(i => i.CheckHeader(state.Account, sealedItem.Span) != ProtocolFault.None))
            return ServiceFailure.Refused("item", ProtocolFault.ItemHeader);
        var isNamed = named.Count > 0;
        var live = state.LiveBytes;
        if (!isNamed && live + sealedItem.Length > Limits.AccountBytes)
            return ServiceFailure.Limit("account.size", Limits.AccountBytes, live);
        // What a repair named, and what waits already, is no growth.
        var isNew = !isNamed && state.Staged.All(s => s.Hash != hash);
        if (isNew && !await _context.Usage.HasRoomAsync(state.User.App, ct)) return ServiceFailure.Quota("bytes");
        // Stored again, an item waits anew: the sweep must not take it away between this answer and its commit.
        var others = state.Staged.RemoveAll(s => s.Hash == hash);
        var (staged, gone) = isNamed
            ? (others, [])
            : AccountBytes.GiveWay(others.Add(new StagedItem(hash, sealedItem.Length, _context.Now.Latest)), live);
        var next = state with { Staged = staged };
        List<RowWrite> writes =
        [
            rows.Ensure(rows.Item(hash), sealedItem.Span),
            // Also where nothing changes in it: an item that comes after an erasure must find that it has nowhere to
            // go.
            rows.Write(rows.Account, account.Stored, next.Encode()),
        ];
        writes.AddRange(await new Leftovers(_context.Data, rows, manifest, next).OfStagedAsync(gone, ct));
        switch (await _context.Data.WriteAsync(writes, ct))
        {
            case WriteResult.Written:
            case WriteResult.Refused(> 1):
            case WriteResult.Unavailable(> 1, _):
                if (isNew) _context.Usage.Add(state.User.App, 0, sealedItem.Length);
                return hash;
            case WriteResult.Unavailable(_, var reason):
                return ServiceFailure.Of(reason);
            default:
                return null;
        }
    }

    private ServiceFailure? CheckShape(OpenAccount account, ReadOnlySpan<byte> sealedItem)
    {
        try
        {
            if (ItemHeader.Read(sealedItem).Account != account.State.Account)
                return ServiceFailure.Refused("item", ProtocolFault.OtherAccount);
        }
        catch (WireFormatException)
        {
            return ServiceFailure.Refused("item", ProtocolFault.Malformed);
        }
        var policy = _context.Policies.Of(account.State.User.App);
        var most = SealedItem.MaxSizeOf(policy.ItemBytes);
        return sealedItem.Length > most ? ServiceFailure.Limit("items.size", most, sealedItem.Length) : null;
    }
}
