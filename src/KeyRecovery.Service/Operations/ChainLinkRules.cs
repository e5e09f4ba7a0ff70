using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Operations;

/// <summary>
/// What a server asks of a link beyond the chain's own rules, in a commit and in a repair: trust by age, and counts.
/// </summary>
internal static class ChainLinkRules
{
    // The last quarter of whatever a chain can use up is for links that take somebody out.
    private const int Reserved = 4;

    public static ServiceFailure? Check(LinkRequest request)
    {
        var link = request.Signed.Link;
        return CheckYoung(request, link) ?? CheckLifetime(request) ?? CheckDay(request, link);
    }

    /// <summary>Whether a trusted authority takes out at least as many as it adds, and somebody.</summary>
    public static bool Relieves(LinkRequest request) =>
        !request.IsYoung && request.Signed.Link is var link && link.Remove.Length >= Math.Max(1, link.Add.Length);

    /// <summary>The state after a link that was checked.</summary>
    /// <param name="state">The state before it; its counts are those of today.</param>
    /// <param name="request">The link.</param>
    /// <param name="head">The chain's head with it.</param>
    public static AccountState Apply(AccountState state, LinkRequest request, ChainHead head)
    {
        var link = request.Signed.Link;
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
            ChainBytes = state.ChainBytes + request.Signed.Bytes.Length,
            Removed = [.. state.Removed.Concat(removedDevices).TakeLast(AccountState.RememberedDevices)],
            Counts = counts with {
                Links = counts.Links + 1,
                Additions = counts.Additions + link.Add.Length,
                SlotLinks = counts.SlotLinks + (IsPastTheDay(counts, link) && AddsOneSlot(link) ? 1 : 0),
                YoungLinks = counts.YoungLinks + (request.IsYoung ? 1 : 0),
            },
        };
    }

    // A phished or freshly linked device must not lock the others out, nor bring in an army of its own.
    private static ServiceFailure? CheckYoung(LinkRequest request, ChainLink link)
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

    private static ServiceFailure? CheckLifetime(LinkRequest request)
    {
        var (state, link, relieves) = (request.State, request.Signed, Relieves(request));
        return CheckCap("links", Limits.Links, (long)link.Link.Sequence, 1, relieves)
            ?? CheckCap("links.bytes", Limits.ChainBytes, state.ChainBytes, link.Bytes.Length, relieves)
            ?? CheckCap(
                "authorities", Limits.AuthoritiesEver, state.Used.Count / UsedNames.PerAuthority, link.Link.Add.Length,
                relieves);
    }

    // A thief who used the day up must not keep the owner from removing him, from an undo, nor from a new way in.
    private static ServiceFailure? CheckDay(LinkRequest request, ChainLink link)
    {
        var counts = request.State.Counts.At(request.Now);
        if (!IsPastTheDay(counts, link) || Relieves(request) || request.IsUndo) return null;
        if (AddsOneSlot(link) && counts.SlotLinks == 0 && !request.IsYoung) return null;
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

    private static AccountAuthority Added(ActiveAuthority added, LinkRequest request)
    {
        var now = request.Now;
        return AccountAuthority.Of(
            added, added.IsSlot && !request.IsYoung
                ? now.Earliest : now.Latest + (ulong)request.Policy.TrustAfter.TotalSeconds, request.IsYoung);
    }
}

/// <summary>All that the rules of a link look at.</summary>
/// <param name="State">The account before it.</param>
/// <param name="Actor">Who signed it.</param>
/// <param name="Signed">The link.</param>
/// <param name="IsUndo">Whether an undo comes with it.</param>
/// <param name="Now">The server's clock.</param>
/// <param name="Policy">The app's policy.</param>
internal sealed record LinkRequest(
    AccountState State, AccountAuthority Actor, SignedChainLink Signed, bool IsUndo, Moment Now, AppPolicy Policy)
{
    /// <summary>Whether its signer is young.</summary>
    public bool IsYoung => Actor.IsYoung(Now);
}
