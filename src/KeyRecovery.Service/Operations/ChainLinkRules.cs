using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Operations;

/// <summary>What a server asks of a link beyond the chain's own rules: trust by age, and counts.</summary>
internal static class ChainLinkRules
{
    private const ulong SecondsPerDay = 24 * 60 * 60;

    public static ServiceFailure? Check(CommitRequest request)
    {
        var (state, link) = (request.State, request.Bundle.Link!.Link);
        // A thief who used the day's links up must not keep the owner from removing him.
        var used = Today(request) == state.LinkDay ? state.LinksThatDay : 0;
        if (used >= Limits.LinksPerDay && !RemovesAsManyAsItAdds(link))
            return ServiceFailure.Limit("links", Limits.LinksPerDay, used);
        if (CheckLifetime(link) is { } past) return past;
        // A phished or freshly linked device must not lock the others out (docs/protocol.md §3).
        if (request.Actor.TrustedFrom <= request.NowSeconds) return null;
        var older = link.Remove.Any(id => state.Authorities.TryGetValue(id, out var a)
            && a.AddedAt <= request.Actor.AddedAt);
        return older
            ? new ServiceFailure(ErrorCode.YoungAuthority) {
                Field = "link.remove", TrustedFrom = request.Actor.TrustedFrom,
            } : null;
    }

    /// <summary>
    /// The caps on a whole chain, for whoever makes it longer: a commit by one link, a repair by many.
    /// </summary>
    public static ServiceFailure? CheckLifetime(ChainLink link)
    {
        var length = link.Sequence + 1;
        if (length > Limits.MaxLinks) return ServiceFailure.Limit("links", Limits.MaxLinks, (long)link.Sequence);
        return length <= Limits.Links || RemovesAsManyAsItAdds(link)
            ? null : ServiceFailure.Limit("links", Limits.Links, (long)link.Sequence);
    }

    public static AccountState Apply(AccountState state, CommitRequest request, ChainHead head)
    {
        var link = request.Bundle.Link!.Link;
        var removedDevices = link.Remove
            .Select(id => state.Authorities[id])
            .Where(a => !a.IsSlot)
            .Select(a => (a.Id, a.SigningKey));
        var authorities = state.Authorities
            .RemoveRange(link.Remove)
            .AddRange(link.Add.Select(a => KeyValuePair.Create(a.Id, Added(head.Active[a.Id], request))));
        return state.With(head, authorities) with
        {
            Removed = [.. state.Removed.Concat(removedDevices).TakeLast(AccountState.RememberedDevices)],
            LinkDay = Today(request),
            LinksThatDay = Today(request) == state.LinkDay ? state.LinksThatDay + 1 : 1,
        };
    }

    private static bool RemovesAsManyAsItAdds(ChainLink link) => link.Remove.Length >= Math.Max(1, link.Add.Length);

    private static AccountAuthority Added(ActiveAuthority added, CommitRequest request)
    {
        var bySlotRule = added.IsSlot && request.Actor.TrustedFrom <= request.NowSeconds;
        return AccountAuthority.Of(
            added, bySlotRule ? request.NowSeconds
                : request.NowSeconds + (ulong)request.Policy.TrustAfter.TotalSeconds);
    }

    private static ulong Today(CommitRequest request) => request.NowSeconds / SecondsPerDay;
}
