using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Operations;

/// <summary>
/// Decides a repair (docs/protocol.md §7): a pure function of what the server has and what a client gives back. What
/// this server has signed, or remembers, was taken once; all else is a commit, and keeps a commit's rules.
/// </summary>
internal static class RepairRules
{
    /// <summary>The cheap comparisons: whoever does not know the account's links costs no verification.</summary>
    public static RepairDecision Decide(RepairRequest request)
    {
        var bundle = request.Bundle;
        if (request.Restore is null) return RepairDecision.Broken("links", ProtocolFault.NotBehind);
        if (bundle.Links[0].Link.Account != request.Account)
            return RepairDecision.Broken("links", ProtocolFault.OtherAccount);
        if (bundle.Manifest.Manifest.Account != request.Account)
            return RepairDecision.Broken("manifest", ProtocolFault.OtherAccount);
        if (bundle.Manifest.Manifest.Version <= request.Stored?.ManifestVersion)
            return RepairDecision.Broken("manifest", ProtocolFault.RolledBackManifest);
        if (RepairTrail.Of(request.Stored, bundle) is not { } trail)
            return RepairDecision.Broken("manifest", ProtocolFault.ForkedManifest);
        if (request.MinChain is { } min && !request.Passes(min))
            return WayBackRules.Decide(request, trail);
        if (!request.IsBehind && request.RowPin is null) return RepairDecision.Broken("links", ProtocolFault.Fork);
        if (!request.IsBehind && trail.Descent == RepairDescent.Disproved)
            return RepairDecision.Broken("manifest", ProtocolFault.ForkedManifest);
        var pinned = Math.Max(
            request.MinChain?.Sequence ?? 0, Math.Max(request.RowPin ?? 0, request.HeadPin ?? 0));
        if (request.IsMinChainNewest && (ulong)bundle.Links.Length - 1 > pinned + 1)
            return RepairDecision.Broken("links", ProtocolFault.Fork);
        return Follow(request, trail, new RepairChain(request, pinned));
    }

    /// <summary>The account after a repair whose chain and manifest hold.</summary>
    internal static AccountState Next(RepairRequest request, RepairTrail trail, AccountState state)
    {
        var manifest = request.Bundle.Manifest;
        return state with
        {
            ManifestVersion = manifest.Manifest.Version,
            ManifestHash = manifest.Hash,
            ManifestTrail = manifest.Manifest.Trail,
            Gaps = trail.Gaps,
            Lacks = null,
            Supersedes = null,
        };
    }

    private static RepairDecision Follow(RepairRequest request, RepairTrail trail, RepairChain chain)
    {
        if (CheckKnownSigner(request) is { } young) return young;
        if (chain.Follow() is { } broken) return broken;
        var manifest = request.Bundle.Manifest;
        if (manifest.CheckAgainst(chain.Head) is var fault and not ProtocolFault.None)
            return RepairDecision.Broken("manifest", fault);
        if (chain.State.Authorities.GetValueOrDefault(request.Actor) is not { } actor)
            return new RepairDecision.Rejected(new ServiceFailure(ErrorCode.Revoked));
        if (CheckSigner(request, chain.Head.Active[request.Actor]) is { } refused) return refused;
        var (state, restored) = (chain.State, new AccountRestore(request.Restore!.Value, true));
        if (IsPinned(request))
        {
            // A commit since would be lost.
            restored = restored with { HasCommits = false };
            var changes = ItemRules.Changes(request.Current?.Manifest, manifest.Manifest);
            return new RepairDecision.Accepted(
                Next(request, trail, state) with { Restored = chain.HasTrustedLink ? null : restored }, null, changes,
                trail) { MayLackItems = true };
        }

        if (request.Current is not { } current
            || manifest.Manifest.Version != current.Manifest.Version + 1 || manifest.Manifest.Previous != current.Hash)
            return RepairDecision.Broken("manifest", ProtocolFault.RolledBackManifest);
        if (CheckFollows(request, current, actor) is { } refusal) return refusal;
        if (CommitRules.CheckDay(state.Counts, actor.IsYoung(request.Now), request.Policy) is { } limit)
            return new RepairDecision.Rejected(limit);
        return new RepairDecision.Accepted(
            Next(request, trail, state) with
            {
                Restored = chain.HasTrustedLink ? null : restored,
                Counts = CommitRules.Counted(state.Counts, actor.IsYoung(request.Now)),
            },
            actor, ItemRules.Changes(current.Manifest, manifest.Manifest), trail);
    }

    /// <summary>The rules of a commit, of the manifest of a repair that follows on the account's.</summary>
    internal static RepairDecision.Rejected? CheckFollows(
        RepairRequest request, SignedManifest current, AccountAuthority actor)
    {
        var manifest = request.Bundle.Manifest;
        var news = request.Bundle.Links[^1].Link;
        var isNewDevice = news.Signer == actor.Id && news.Sequence > (request.RowPin ?? 0)
            && news.Add.Any(a => a.Id == manifest.Manifest.Signer && a.Kind == AuthorityKind.Device);
        if (manifest.Manifest.Signer != actor.Id && !isNewDevice)
            return new RepairDecision.Rejected(ServiceFailure.Forbidden("manifest.signer"));
        if (manifest.CheckFollows(current) is var follows and not ProtocolFault.None)
            return RepairDecision.Broken("manifest", follows);
        if (actor.IsSlot && !manifest.ChangesNothing(current))
            return new RepairDecision.Rejected(ServiceFailure.Forbidden("items"));
        var changes = ItemRules.Changes(current.Manifest, manifest.Manifest);
        return ItemRules.CheckSizes(manifest.Manifest, changes, request.Policy) is { } limit
            ? new RepairDecision.Rejected(limit) : null;
    }

    // What this server has taken once, and nothing came since that it would take the place of.
    private static bool IsPinned(RepairRequest request) => request.HomeHead is { } head
        && request.Bundle.Manifest.Place == head.Manifest && request.Bundle.Manifest.Manifest.Trail == head.Trail
        && head.Manifest.Version > (request.Stored?.ManifestVersion ?? 0)
        && request.Stored?.Restored?.HasCommits is not true;

    // A device of yesterday mends nothing: what it brings would be the account.
    private static RepairDecision.Rejected? CheckKnownSigner(RepairRequest request) =>
        request.Stored?.Authorities.GetValueOrDefault(request.Actor) is { } known && known.IsYoung(request.Now)
            ? Young(known.TrustedFrom) : null;

    private static RepairDecision.Rejected? CheckSigner(RepairRequest request, ActiveAuthority actor) =>
        request.Stored?.Authorities.ContainsKey(actor.Id) is true || RepairAges.WasTrusted(request, actor)
            || RepairAges.IsInHead(request, actor) || request.HasWaited
            ? null : Young(request.Restore!.Value.Time + Limits.RestoreWaitSeconds);

    private static RepairDecision.Rejected Young(ulong trustedFrom) =>
        new(new ServiceFailure(ErrorCode.YoungAuthority) { Field = "links", TrustedFrom = trustedFrom });
}
