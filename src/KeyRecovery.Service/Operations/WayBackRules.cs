using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Operations;

/// <summary>
/// The way back (docs/protocol.md §7): where nobody can bring the newest link, one that was active at it takes up what
/// is left, and leaves out exactly those that were not.
/// </summary>
internal static class WayBackRules
{
    /// <summary>Decides a repair that lacks the newest link.</summary>
    public static RepairDecision Decide(RepairRequest request, RepairTrail trail)
    {
        var decision = IsOne(request)
            ? Follow(request, trail) : RepairDecision.Broken("links", ProtocolFault.RolledBackChain);
        return decision is RepairDecision.Rejected(var failure) && MayGo(request)
            ? new RepairDecision.Rejected(failure with { ActiveAtMinChain = [.. request.Key.MinChain!.Active] })
            : decision;
    }

    // A chain that this server has, or has signed, and one more link that leads away from the one that it remembers.
    private static bool IsOne(RepairRequest request)
    {
        if (!request.IsBehind || request.Bundle.Links.Length < 2) return false;
        var before = (ulong)request.Bundle.Links.Length - 2;
        return request.Stored is null
            ? request.HeadPin == before
            : request.RowPin is { } row && (row == before || (request.HeadPin == before && before > row));
    }

    // Who may go it and is not in what is served cannot read there who has to leave. It was active at the newest link,
    // and brings nothing but what this server has signed.
    private static bool MayGo(RepairRequest request)
    {
        var newest = (ulong)request.Bundle.Links.Length - 1;
        if (!request.IsBehind || request.HeadPin != newest || !request.Key.MinChain!.Active.Contains(request.Actor)
            || (request.Stored is not null && request.RowPin is null)) return false;
        var chain = new RepairChain(request, newest);
        return chain.Follow() is null && chain.State.Authorities.ContainsKey(request.Actor);
    }

    private static RepairDecision Follow(RepairRequest request, RepairTrail trail)
    {
        var min = request.Key.MinChain!;
        if (!min.Active.Contains(request.Actor)) return Rejected(ServiceFailure.Forbidden("keyid"));
        if (!request.HasWaited)
            return Rejected(new ServiceFailure(ErrorCode.YoungAuthority)
            {
                Field = "links", TrustedFrom = request.Restore!.Value.Time + Limits.RestoreWaitSeconds,
            });
        var chain = new RepairChain(request, (ulong)request.Bundle.Links.Length - 2);
        if (chain.Follow((state, link) => CheckLink(request, state, link.Link, min)) is { } broken) return broken;
        var manifest = request.Bundle.Manifest;
        if (manifest.CheckAgainst(chain.Head) is var fault and not ProtocolFault.None)
            return RepairDecision.Broken("manifest", fault);
        var actor = chain.State.Authorities[request.Actor];
        // Past what is served, the manifest of then is known by its head alone.
        var served = request.RowPin == (ulong)request.Bundle.Links.Length - 2 ? request.Current : null;
        var follows = served is null
            ? CheckFollowsHead(request, actor) : RepairRules.CheckFollows(request, served, actor);
        if (follows is { } refused) return refused;
        var changes = ItemRules.Changes(request.Current?.Manifest, manifest.Manifest);
        return new RepairDecision.Accepted(
            RepairRules.Next(request, trail, chain.State) with { Restored = null, Supersedes = min.Place },
            request.Current is null ? null : actor, changes, trail) { MayLackItems = served is null };
    }

    private static ServiceFailure? CheckLink(
        RepairRequest request, AccountState before, ChainLink link, MinChain min)
    {
        if (link.Signer != request.Actor || !before.Authorities.TryGetValue(link.Signer, out var signer))
            return ServiceFailure.Forbidden("link.signer");
        var left = before.Authorities.Keys.Where(id => !min.Active.Contains(id));
        var mayAdd = link.Add.Length <= 1 && link.Add.All(a => a.Kind == AuthorityKind.Device)
            && (!signer.IsSlot || link.Add.Length == 1);
        return link.BeginsEpoch && mayAdd && left.SequenceEqual(link.Remove)
            ? null : ServiceFailure.Refused("links", ProtocolFault.RolledBackChain);
    }

    // Of a manifest that the server lost, its own head tells what follows on it; what was in it, nobody.
    private static RepairDecision.Rejected? CheckFollowsHead(RepairRequest request, AccountAuthority actor)
    {
        var (manifest, head) = (request.Bundle.Manifest.Manifest, request.HomeHead!);
        if (actor.IsSlot) return Rejected(ServiceFailure.Forbidden("items"));
        var isNext = manifest.Version == head.Manifest.Version + 1 && manifest.Previous == head.Manifest.Hash
            && manifest.Trail == ManifestTrail.Next(head.Trail, head.Manifest.Hash) && manifest.Base is null;
        if (!isNext) return RepairDecision.Broken("manifest", ProtocolFault.ForkedManifest);
        return ItemRules.CheckSizes(manifest, ItemRules.Changes(null, manifest), request.Policy) is { } limit
            ? Rejected(limit) : null;
    }

    private static RepairDecision.Rejected Rejected(ServiceFailure failure) => new(failure);
}
