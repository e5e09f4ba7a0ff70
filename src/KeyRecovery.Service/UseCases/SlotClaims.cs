using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Claims the ids of recovery slots for an account, before the commit point: a slot whose lookup is missing could not
/// recover. Claim, then look: the claim is written first, then the key row is read, and an erasure does it the other
/// way round, so that one of the two always sees the other.
/// </summary>
internal sealed class SlotClaims(IKeyStore keys, Lookups lookups)
{
    private const int Attempts = 8;

    /// <summary>The slots that a link adds.</summary>
    public static IEnumerable<AuthorityId> Of(ChainLink link) =>
        link.Add.Where(a => a.Kind != AuthorityKind.Device).Select(a => a.Id);

    /// <summary>
    /// Claims slots; an own one that is there is written again, so that no sweep takes it away meanwhile.
    /// </summary>
    /// <returns>Null where all are claimed; else nothing is left of those that were.</returns>
    public async ValueTask<ServiceFailure?> ClaimAsync(
        IReadOnlyCollection<AuthorityId> slots, AccountId account, RowKey keyRowKey, CancellationToken ct)
    {
        if (slots.Count == 0) return null;
        var claimed = new List<AuthorityId>();
        foreach (var slot in slots)
        {
            if (await ClaimAsync(lookups.Ids.Slot(slot), account, "link.add", ErrorCode.SlotExists, ct) is { } taken)
            {
                await ReleaseAsync(claimed, account, CancellationToken.None);
                return taken;
            }

            claimed.Add(slot);
        }

        if (await keys.ReadAsync(keyRowKey, ct) is { } keyRow
            && KeyRow.Decode(keyRow.Value).State != KeyRowState.Erased)
            return null;
        await ReleaseAsync(claimed, account, CancellationToken.None);
        return new ServiceFailure(ErrorCode.Erased);
    }

    /// <summary>
    /// Lets go of slots that are this account's, after a commit that did not come to pass. The sweep finds what a crash
    /// leaves.
    /// </summary>
    public async ValueTask ReleaseAsync(IEnumerable<AuthorityId> slots, AccountId account, CancellationToken ct)
    {
        foreach (var slot in slots)
            if (await keys.ReadAsync(lookups.Ids.Slot(slot), ct) is { } lookup && lookups.Open(lookup) == account)
                await keys.WriteAsync([new RowWrite.Delete(lookup)], ct);
    }

    /// <summary>Claims one lookup for an account.</summary>
    /// <returns>Null where it is the account's now.</returns>
    public async ValueTask<ServiceFailure?> ClaimAsync(
        RowKey lookup, AccountId account, string field, ErrorCode taken, CancellationToken ct)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var found = await keys.ReadAsync(lookup, ct);
            if (found is not null && lookups.Open(found) != account) return new ServiceFailure(taken) { Field = field };
            var write = found is null ? lookups.Create(lookup, account) : lookups.Replace(found, account);
            switch (await keys.WriteAsync([write], ct))
            {
                case WriteResult.Written:
                    return null;
                case WriteResult.Unavailable(_, var reason):
                    return ServiceFailure.Of(reason);
            }
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }
}
