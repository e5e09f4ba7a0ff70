using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Operations;

/// <summary>What a server asks of a link beyond the chain's own rules: trust by age, and counts.</summary>
internal static class LinkRules
{
    private const ulong SecondsPerDay = 24 * 60 * 60;

    public static ServiceFailure? Check(CommitRequest request)
    {
        var (state, link) = (request.State, request.Bundle.Link!.Link);

        // A thief who used the day's links up must not keep the owner from removing him.
        var used = Today(request) == state.LinkDay ? state.LinksThatDay : 0;
        var past = used >= Limits.LinksPerDay || state.Chain.Sequence + 1 >= Limits.Links;
        if (state.Chain.Sequence + 1 >= Limits.MaxLinks || (past && link.Remove.Length < Math.Max(1, link.Add.Length)))
            return ServiceFailure.Limit("links");

        // A phished or freshly linked device must not lock the others out (design §3.3).
        if (request.Actor.TrustedFrom <= request.NowSeconds) return null;
        var older = link.Remove.Any(id => state.Authorities.TryGetValue(id, out var a) && a.AddedAt <= request.Actor.AddedAt);
        return older ? new ServiceFailure(ErrorCode.YoungAuthority) { Field = "link.remove", TrustedFrom = request.Actor.TrustedFrom } : null;
    }

    public static AccountState Apply(AccountState state, CommitRequest request, Chain chain)
    {
        var link = request.Bundle.Link!.Link;
        var removedDevices = link.Remove
            .Select(id => state.Authorities[id])
            .Where(a => !a.IsSlot)
            .Select(a => (a.Id, a.SigningKey));
        var authorities = state.Authorities
            .RemoveRange(link.Remove)
            .AddRange(link.Add.Select(a => KeyValuePair.Create(a.Id, Added(a, link.Sequence, request))));
        return state with
        {
            Chain = chain.Place,
            Epoch = chain.Epoch,
            KeysetHash = request.Bundle.Keyset!.Hash,
            Authorities = authorities,
            Removed = [.. state.Removed.Concat(removedDevices).TakeLast(AccountState.RememberedDevices)],
            LastRemoval = chain.LastRemoval,
            LinkDay = Today(request),
            LinksThatDay = Today(request) == state.LinkDay ? state.LinksThatDay + 1 : 1,
        };
    }

    private static AccountAuthority Added(NewAuthority added, ulong sequence, CommitRequest request)
    {
        var bySlotRule = added.Kind != AuthorityKind.Device && request.Actor.TrustedFrom <= request.NowSeconds;
        var trustedFrom = bySlotRule ? request.NowSeconds : request.NowSeconds + (ulong)request.Policy.TrustAfter.TotalSeconds;
        return new AccountAuthority(added.Id, added.Kind, added.SigningKey, sequence, trustedFrom);
    }

    private static ulong Today(CommitRequest request) => request.NowSeconds / SecondsPerDay;
}
