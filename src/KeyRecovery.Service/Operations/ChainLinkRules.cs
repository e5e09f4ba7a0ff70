using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Operations;

/// <summary>What a server asks of a link beyond the chain's own rules: trust by age, and counts.</summary>
internal static class ChainLinkRules
{
    // The last quarter of whatever a chain can use up is for links that take somebody out.
    private const int Reserved = 4;

    public static ServiceFailure? Check(CommitRequest request)
    {
        var link = request.Bundle.Link!.Link;
        return CheckYoung(request, link)
            ?? CheckLifetime(
                request.Bundle.Link, request.State.Used, request.State.ChainBytes, Relieves(request, link))
            ?? CheckDay(request, link);
    }

    /// <summary>Whether a trusted authority takes out at least as many as it adds, and somebody.</summary>
    public static bool Relieves(CommitRequest request, ChainLink link) =>
        !request.IsByYoung && RemovesAsManyAsItAdds(link);

    /// <summary>
    /// The caps on a whole chain, for whoever makes it longer: a commit by one link, a repair by many.
    /// </summary>
    /// <param name="link">The link.</param>
    /// <param name="used">The names that the chain before it has used.</param>
    /// <param name="bytes">The links before it together, in bytes.</param>
    /// <param name="relieves">Whether it may use the last quarter.</param>
    public static ServiceFailure? CheckLifetime(SignedChainLink link, UsedNames used, long bytes, bool relieves) =>
        CheckCap("links", Limits.Links, (long)link.Link.Sequence, 1, relieves)
            ?? CheckCap("links.bytes", Limits.ChainBytes, bytes, link.Bytes.Length, relieves)
            ?? CheckCap(
                "authorities", Limits.AuthoritiesEver, used.Count / UsedNames.PerAuthority, link.Link.Add.Length,
                relieves);

    public static AccountState Apply(AccountState state, CommitRequest request, ChainHead head)
    {
        var link = request.Bundle.Link!.Link;
        var removedDevices = link.Remove
            .Select(id => state.Authorities[id])
            .Where(a => !a.IsSlot)
            .Select(a => (a.Id, a.SigningKey));
        var added = link.Add.Select(a => a.Id).ToHashSet();
        var authorities = state.Authorities
            .RemoveRange(link.Remove)
            .AddRange(link.Add.Select(a => KeyValuePair.Create(a.Id, Added(head.Active[a.Id], request))));
        if (link.BeginsEpoch)
        {
            var signer = authorities[link.Signer];
            authorities = authorities.SetItem(link.Signer, signer with { LastEpochBegun = link.Epoch });
        }

        var counts = state.Counts;
        return state.With(head, authorities) with
        {
            ChainBytes = state.ChainBytes + request.Bundle.Link.Bytes.Length,
            Removed = [.. state.Removed.Concat(removedDevices).TakeLast(AccountState.RememberedDevices)],
            Counts = counts with {
                Links = counts.Links + 1,
                Additions = counts.Additions + link.Add.Length,
                SlotLinks = counts.SlotLinks + (IsPastTheDay(counts, link) && AddsOneSlot(link) ? 1 : 0),
                YoungLinks = counts.YoungLinks + (request.IsByYoung ? 1 : 0),
            },
        };
    }

    // A phished or freshly linked device must not lock the others out, nor bring in an army of its own.
    private static ServiceFailure? CheckYoung(CommitRequest request, ChainLink link)
    {
        var (actor, now) = (request.Actor, request.Now);
        if (!actor.IsYoung(now)) return null;
        if (link.Remove.Length > 0) return Young("link.remove");
        if (link.BeginsEpoch) return Young("link.epoch");
        if (actor.ByYoung) return Young("link.add");
        var counts = request.State.Counts.At(now);
        if (counts.YoungLinks >= YoungLimits.LinksPerDay)
            return ServiceFailure.Limit("young.links", YoungLimits.LinksPerDay, counts.YoungLinks);
        var additions = request.State.Authorities.Values.Count(a => a.ByYoung && a.IsYoung(now));
        return additions + link.Add.Length > YoungLimits.Additions
            ? ServiceFailure.Limit("young.additions", YoungLimits.Additions, additions) : null;

        ServiceFailure Young(string field) =>
            new(ErrorCode.YoungAuthority) { Field = field, TrustedFrom = actor.TrustedFrom };
    }

    // A thief who used the day up must not keep the owner from removing him, from an undo, nor from a new way in.
    private static ServiceFailure? CheckDay(CommitRequest request, ChainLink link)
    {
        var counts = request.State.Counts.At(request.Now);
        if (!IsPastTheDay(counts, link) || Relieves(request, link) || request.IsUndo) return null;
        if (AddsOneSlot(link) && counts.SlotLinks == 0 && !request.IsByYoung) return null;
        return counts.Links >= Limits.LinksPerDay
            ? ServiceFailure.Limit("links", Limits.LinksPerDay, counts.Links)
            : ServiceFailure.Limit("additions", Limits.AdditionsPerDay, counts.Additions);
    }

    private static bool IsPastTheDay(DayCounts counts, ChainLink link) =>
        counts.Links >= Limits.LinksPerDay || counts.Additions + link.Add.Length > Limits.AdditionsPerDay;

    private static bool AddsOneSlot(ChainLink link) =>
        link.Add is [var only] && only.Kind != AuthorityKind.Device && link.Remove.IsEmpty && !link.BeginsEpoch;

    private static ServiceFailure? CheckCap(string field, long cap, long used, int more, bool relieves)
    {
        var open = relieves ? cap : cap - cap / Reserved;
        return more > 0 && used + more > open ? ServiceFailure.Limit(field, open, used) : null;
    }

    internal static bool RemovesAsManyAsItAdds(ChainLink link) => link.Remove.Length >= Math.Max(1, link.Add.Length);

    private static AccountAuthority Added(ActiveAuthority added, CommitRequest request)
    {
        var (now, byYoung) = (request.Now, request.IsByYoung);
        return AccountAuthority.Of(
            added, added.IsSlot && !byYoung
                ? now.Earliest : now.Latest + (ulong)request.Policy.TrustAfter.TotalSeconds, byYoung);
    }
}
