using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Operations;

/// <summary>
/// Decides a commit: pure functions of the account and the request (docs/protocol.md §3, §5, §7), the cheapest first.
/// The server checks all that it can see, so that a broken client hears of it today.
/// </summary>
public static class CommitRules
{
    /// <summary>What the account row alone refuses, before anything else is read and any signature verified.</summary>
    public static ServiceFailure? CheckFirst(CommitRequest request)
    {
        var (state, bundle) = (request.State, request.Bundle);
        if (bundle.Manifest.Manifest.Account != state.Account)
            return ServiceFailure.Refused("manifest", ProtocolFault.OtherAccount);
        if (bundle.Link is { } link && link.Link.Account != state.Account)
            return ServiceFailure.Refused("link", ProtocolFault.OtherAccount);
        if (IsStale(state, bundle)) return new ServiceFailure(ErrorCode.StaleVersion) { Current = state.Heads };
        if (CheckActor(request) is { } forbidden) return forbidden;
        if (request.IsUndo ? bundle.Link?.Link.BeginsEpoch is not true : bundle.Base is not null)
            return ServiceFailure.Refused("manifest", ProtocolFault.ManifestBase);
        if (request.LinkRequest is { } linked && ChainLinkRules.Check(linked) is { } refused) return refused;
        return CheckDay(request);
    }

    /// <summary>Decides a commit that <see cref="CheckFirst"/> has let pass.</summary>
    /// <param name="request">The commit.</param>
    /// <param name="before">The current manifest.</param>
    /// <param name="undoneTo">In an undo, the base: one that the account has had. Null where it names none.</param>
    public static CommitDecision Decide(
        CommitRequest request, SignedManifest before, SignedManifest? undoneTo = null)
    {
        var (state, bundle, manifest) = (request.State, request.Bundle, request.Bundle.Manifest.Manifest);
        var next = state with {
            ManifestVersion = manifest.Version, ManifestHash = bundle.Manifest.Hash, ManifestTrail = manifest.Trail,
            Counts = Counted(
                state.Counts.At(request.Now), request.IsByYoung),
        };
        var changes = ItemRules.Changes(before.Manifest, manifest, undoneTo?.Manifest);
        if (bundle.Manifest.CheckFollows(before, undoneTo) is var follows and not ProtocolFault.None)
            return Refused("manifest", follows);
        if (request.Actor.IsSlot && !bundle.Manifest.ChangesNothing(before, undoneTo))
            return Rejected(ServiceFailure.Forbidden("items"));
        if (ItemRules.CheckSizes(manifest, changes, request.Policy) is { } limit) return Rejected(limit);
        // No quota of an app keeps anybody from a removal.
        if (!request.HasRoom && ItemRules.BringsMore(changes)
            && !(request.LinkRequest is { } linked && ChainLinkRules.Relieves(linked)))
            return Rejected(ServiceFailure.Quota("bytes"));
        if (bundle.Link is { } link)
        {
            if (SlotRules.Check(link.Link) is var slots and not ProtocolFault.None) return Refused("link", slots);
            var step = state.Head.Append(link);
            if (step is ChainHeadStep.Refused(var broken)) return Refused("link", broken);
            var head = ((ChainHeadStep.Ok)step).Head;
            if (bundle.Keyset!.CheckAgainst(head, link.Link) is var keyset and not ProtocolFault.None)
                return Refused("keyset", keyset);
            if (bundle.Manifest.CheckAgainst(head) is var onHead and not ProtocolFault.None)
                return Refused("manifest", onHead);
            next = ChainLinkRules.Apply(next, request.LinkRequest!, head);
        }
        else if (bundle.Manifest.CheckAgainst(state.Account, state.Chain, state.Path, request.Actor.SigningKey)
            is var fault and not ProtocolFault.None)
        {
            return Refused("manifest", fault);
        }

        var byTrustedLink = bundle.Link is not null && !request.IsByYoung;
        return new CommitDecision.Accepted(next.AfterCommit(byTrustedLink), changes);
    }

    private static bool IsStale(AccountState state, CommitBundle bundle)
    {
        var manifest = bundle.Manifest.Manifest;
        if (manifest.Version != state.ManifestVersion + 1 || manifest.Previous != state.ManifestHash) return true;
        return bundle.Link is { } link
            && (link.Link.Sequence != state.Chain.Sequence + 1 || link.Link.Previous != state.Chain.Hash);
    }

    private static ServiceFailure? CheckActor(CommitRequest request)
    {
        var (actor, bundle) = (request.Actor, request.Bundle);
        if (bundle.Link is null && actor.IsSlot) return ServiceFailure.Forbidden("link");
        if (bundle.Link is { } link && link.Link.Signer != actor.Id) return ServiceFailure.Forbidden("link.signer");
        var signer = bundle.Manifest.Manifest.Signer;
        var isNewDevice = bundle.Link?.Link.Add.Any(a => a.Id == signer && a.Kind == AuthorityKind.Device) ?? false;
        return signer == actor.Id || isNewDevice ? null : ServiceFailure.Forbidden("manifest.signer");
    }

    // No daily cap keeps anybody from a removal, nor from an undo: a thief would use it up first.
    private static ServiceFailure? CheckDay(CommitRequest request)
    {
        if (request.IsUndo) return null;
        if (request.LinkRequest is { } link && ChainLinkRules.Relieves(link)) return null;
        var counts = request.State.Counts.At(request.Now);
        return CheckDay(counts, request.IsByYoung, request.Policy);
    }

    /// <summary>Whether one more commit is granted today.</summary>
    internal static ServiceFailure? CheckDay(DayCounts today, bool byYoung, AppPolicy policy)
    {
        if (byYoung && today.YoungCommits >= YoungLimits.CommitsPerDay)
            return ServiceFailure.Limit("young.commits", YoungLimits.CommitsPerDay, today.YoungCommits);
        var cap = policy.CommitsPerDay;
        return today.Commits >= cap ? ServiceFailure.Limit("commits", cap, today.Commits) : null;
    }

    /// <summary>The day with one more commit.</summary>
    internal static DayCounts Counted(DayCounts today, bool byYoung) => today with
    {
        Commits = today.Commits + 1, YoungCommits = today.YoungCommits + (byYoung ? 1 : 0),
    };

    private static CommitDecision.Rejected Refused(string field, ProtocolFault rule) =>
        Rejected(ServiceFailure.Refused(field, rule));

    private static CommitDecision.Rejected Rejected(ServiceFailure failure) => new(failure);
}
