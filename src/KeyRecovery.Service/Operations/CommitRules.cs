using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Operations;

/// <summary>
/// Decides a commit: a pure function of the account and the request (docs/protocol.md §3, §5, §7). The server checks all
/// that it can see, so that a broken client hears of it today.
/// </summary>
public static class CommitRules
{
    /// <summary>Decides.</summary>
    public static CommitDecision Decide(CommitRequest request)
    {
        var (state, bundle, manifest) = (request.State, request.Bundle, request.Bundle.Manifest.Manifest);
        if (manifest.Account != state.Account) return Refused("manifest", ProtocolFault.OtherAccount);
        if (bundle.Link is { } link && link.Link.Account != state.Account) return Refused("link", ProtocolFault.OtherAccount);
        if (IsStale(state, bundle)) return Rejected(new ServiceFailure(ErrorCode.StaleVersion) { Current = state.Heads });
        if (CheckActor(request) is { } forbidden) return Rejected(forbidden);

        var chain = request.Chain;
        if (bundle.Link is not null)
        {
            if (LinkRules.Check(request) is { } refused) return Rejected(refused);
            if (SlotRules.Check(bundle.Link.Link) is var slots and not ProtocolFault.None) return Refused("link", slots);
            switch (chain!.Append(bundle.Link))
            {
                case ChainStep.Refused broken:
                    return Refused("link", broken.Fault);
                case ChainStep.Ok ok:
                    chain = ok.Chain;
                    break;
            }
            if (bundle.Keyset!.CheckAgainst(chain) is var fault and not ProtocolFault.None) return Refused("keyset", fault);
        }

        var manifestFault = chain is null
            ? bundle.Manifest.CheckAgainst(state.Account, state.Chain, state.Epoch, request.Actor.SigningKey)
            : bundle.Manifest.CheckAgainst(chain);
        if (manifestFault != ProtocolFault.None) return Refused("manifest", manifestFault);
        if (bundle.Manifest.CheckFollows(request.Before) is var follows and not ProtocolFault.None) return Refused("manifest", follows);

        var changes = ItemRules.Changes(request.Before.Manifest, manifest);
        if (request.Actor.IsSlot && changes.Length != 0) return Rejected(ServiceFailure.Forbidden("items"));
        if (ItemRules.CheckSizes(manifest, changes, request.Policy) is { } limit) return Rejected(limit);

        var next = state with
        {
            ManifestVersion = manifest.Version,
            ManifestHash = bundle.Manifest.Hash,
        };
        if (bundle.Link is not null) next = LinkRules.Apply(next, request, chain!);
        return new CommitDecision.Accepted(next, changes);
    }

    private static bool IsStale(AccountState state, CommitBundle bundle)
    {
        var manifest = bundle.Manifest.Manifest;
        if (manifest.Version != state.ManifestVersion + 1 || manifest.Previous != state.ManifestHash) return true;
        return bundle.Link is { } link && (link.Link.Sequence != state.Chain.Sequence + 1 || link.Link.Previous != state.Chain.Hash);
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

    private static CommitDecision.Rejected Refused(string field, ProtocolFault rule) => Rejected(ServiceFailure.Refused(field, rule));

    private static CommitDecision.Rejected Rejected(ServiceFailure failure) => new(failure);
}
