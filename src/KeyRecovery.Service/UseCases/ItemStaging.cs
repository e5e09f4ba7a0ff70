using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Rows;
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
    public async ValueTask<Outcome<Hash256>> PutAsync(OpenAccount account, Hash256 hash, ReadOnlyMemory<byte> sealedItem, CancellationToken ct)
    {
        if (account.Actor.IsSlot) return ServiceFailure.Forbidden("items");
        if (CheckShape(account, sealedItem.Span) is { } failure) return failure;

        var (rows, data) = (account.Rows, _context.Data);
        var itemRow = rows.Item(hash);
        var isThere = await data.ReadAsync(itemRow, ct) is not null;

        var write = rows.Ensure(itemRow, sealedItem.Span);
        if (await IsNamedAsync(account, hash, ct))
        {
            if (await FindAccountAsync(rows, ct) is not { } guard) return new ServiceFailure(ErrorCode.Erased);
            return await WriteAsync([guard, write], hash, ct) ?? new ServiceFailure(ErrorCode.Unavailable);
        }

        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await FindAccountAsync(rows, ct) is not { } guard) return new ServiceFailure(ErrorCode.Erased);
            var (staged, version) = await data.ReadVersionedAsync(rows, rows.Staging, StagedItems.Decode, [], ct);
            // Stored again, an item waits anew: the sweep must not take it away between this answer and its commit.
            var others = staged.RemoveAll(s => s.Hash == hash);
            if (isThere && others.Length == staged.Length) return hash;
            if (!StagedItems.Fits(others, sealedItem.Length)) return ServiceFailure.Limit("items.staged");
            var next = StagedItems.Encode(others.Add(new StagedItem(hash, sealedItem.Length, _context.NowSeconds)));
            if (await WriteAsync([guard, write, rows.Replace(rows.Staging, next, version)], hash, ct) is { } outcome) return outcome;
        }
        return new ServiceFailure(ErrorCode.Unavailable);
    }

    private ServiceFailure? CheckShape(OpenAccount account, ReadOnlySpan<byte> sealedItem)
    {
        try
        {
            if (ItemHeader.Read(sealedItem).Account != account.State.Account) return ServiceFailure.Refused("item", ProtocolFault.OtherAccount);
        }
        catch (WireFormatException)
        {
            return ServiceFailure.Refused("item", ProtocolFault.Malformed);
        }
        var policy = _context.Policies.Of(account.State.User.App);
        return sealedItem.Length > SealedItem.SizeOf(policy.ItemBytes) ? ServiceFailure.Limit("items.size") : null;
    }

    // The account as it is now: an item that comes after an erasure must find that it has nowhere to go.
    private async ValueTask<RowWrite?> FindAccountAsync(AccountRows rows, CancellationToken ct) =>
        await _context.Data.ReadAsync(rows.Account, ct) is { } row && !AccountFence.Is(row) ? new RowWrite.Require(row.Key, row.Version) : null;

    private async ValueTask<bool> IsNamedAsync(OpenAccount account, Hash256 hash, CancellationToken ct)
    {
        var bytes = await _context.Data.FindAsync(account.Rows, account.Rows.Manifest(account.State.ManifestHash), ct);
        return bytes is not null && SignedManifest.Decode(bytes).Manifest.Items.Any(i => i.Hash == hash);
    }

    // Null where another request changed the staging row: the caller reads it anew.
    private async ValueTask<Outcome<Hash256>?> WriteAsync(RowWrite[] writes, Hash256 hash, CancellationToken ct) =>
        await _context.Data.WriteAsync(writes, ct) switch
        {
            WriteResult.Written => hash,
            WriteResult.Unavailable(var reason) => ServiceFailure.Of(reason),
            _ => null,
        };
}
