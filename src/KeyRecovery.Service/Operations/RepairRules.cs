using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Operations;

/// <summary>
/// Decides a repair (docs/protocol.md §7): a pure function of what the server has and what a client gives back. Links
/// up to the remembered removal were accepted once, under the rules of their day. What comes after it was not, as far
/// as the server knows: there a young authority removes nobody older, or a repair would be the way around the age rule.
/// </summary>
internal static class RepairRules
{
    /// <summary>Checks the whole chain, the keyset and the manifest.</summary>
    /// <param name="appId">The app of the account.</param>
    /// <param name="account">The account that the request names.</param>
    /// <param name="actor">Who signed the request.</param>
    /// <param name="stored">What the server has, or null when it lost it.</param>
    /// <param name="minChain">The newest removal that the key row remembers.</param>
    /// <param name="bundle">What the client gives.</param>
    /// <param name="now">The server's clock.</param>
    /// <param name="policy">The app's policy.</param>
    public static RepairDecision Decide(
        string appId, AccountId account, AuthorityId actor, AccountState? stored, ChainPlace? minChain,
        RepairBundle bundle, Moment now, AppPolicy policy)
    {
        // A device of yesterday mends nothing: what it brings would be the account.
        if (stored?.Authorities.GetValueOrDefault(actor) is { } known && known.IsYoung(now))
            return Young(known.TrustedFrom);
        if (bundle.Links[0].Link.Account != account) return Broken("links", ProtocolFault.OtherAccount);
        // The cheap comparisons come first: whoever does not know the account's links costs no verification.
        if (stored is not null && !Passes(bundle, stored.Chain)) return Broken("links", ProtocolFault.Fork);
        if (minChain is { } min && !Passes(bundle, min)) return Broken("links", ProtocolFault.RolledBackChain);
        if (CheckTrail(stored, bundle) is var trail and not ProtocolFault.None) return Broken("manifest", trail);
        ChainHead? head = null;
        ImmutableArray<EpochSeals> seals = [];
        var (removed, bytes) = (new List<ActiveAuthority>(), 0L);
        foreach (var link in bundle.Links)
        {
            if (!WasAccepted(link.Link, stored, minChain)
                && CheckNew(link, head, bytes, stored, now, policy) is { } refused) return refused;
            bytes += link.Bytes.Length;
            removed.AddRange(link.Link.Remove.Select(id => head?.Active.GetValueOrDefault(id)).OfType<ActiveAuthority>()
                .Where(a => !a.IsSlot));
            var step = head is null ? ChainHead.Start(appId, link) : head.Append(link);
            if (step is ChainHeadStep.Refused broken) return Broken("links", broken.Fault);
            head = ((ChainHeadStep.Ok)step).Head;
            seals = EpochSeals.After(seals, link.Link, head);
        }

        if (EpochKeyset.Join(head!, seals, bundle.Keysets).Fault is var keyset and not ProtocolFault.None)
            return Broken("keyset", keyset);
        if (bundle.Manifest.CheckAgainst(head!) is var manifest and not ProtocolFault.None)
            return Broken("manifest", manifest);
        return new RepairDecision.Accepted(
            head!, [.. removed.Select(a => (a.Id, a.SigningKey)).TakeLast(AccountState.RememberedDevices)]);
    }

    /// <summary>
    /// The account row after the repair. Authorities that the server knew keep their age; the others are as old as the
    /// repair.
    /// </summary>
    public static AccountState Apply(
        AppUser user, AccountState? stored, RepairDecision.Accepted accepted, RepairBundle bundle, Moment now,
        AppPolicy policy)
    {
        var head = accepted.Head;
        var authorities = head.Active.ToImmutableSortedDictionary(
            a => a.Key, a => Authority(a.Value, stored, now, policy));
        var begun = stored ?? new AccountState
        {
            Account = head.Account, User = user, Chain = default, LinkChunk = default, Path = EpochPath.First,
            EpochCommit = default, Keysets = [], ManifestVersion = 0, ManifestHash = default, Authorities = authorities,
            Used = head.Used,
        };
        return begun.With(head, authorities) with
        {
            ManifestVersion = bundle.Manifest.Manifest.Version,
            ManifestHash = bundle.Manifest.Hash,
            ManifestTrail = bundle.Manifest.Manifest.Trail,
            ChainBytes = bundle.Links.Sum(link => (long)link.Bytes.Length),
            Removed = accepted.Removed,
        };
    }

    // A version is always the one before and one more. What the server has, the trail must lead on from; where the
    // sender knows too little of what lies between, it brings the newest that it knows.
    private static ProtocolFault CheckTrail(AccountState? stored, RepairBundle bundle)
    {
        var (manifest, between) = (bundle.Manifest.Manifest, bundle.Between);
        var version = stored?.ManifestVersion ?? 0;
        if (stored is not null && bundle.Manifest.Hash == stored.ManifestHash) return ProtocolFault.None;
        if (manifest.Version <= version) return ProtocolFault.RolledBackManifest;
        // From the one that the server has, or from version 1.
        var known = stored is null ? 1 : version;
        var whole = manifest.Version - known;
        if ((ulong)between.Length > whole) between = between[^(int)whole..];
        if (between.Length > 0 && between[^1] != manifest.Previous) return ProtocolFault.ForkedManifest;
        if ((ulong)between.Length < whole) return ProtocolFault.None;
        var (hash, trail) = stored is null ? (null, default) : ((Hash256?)stored.ManifestHash, stored.ManifestTrail);
        return (hash is null || between[0] == hash) && ManifestTrail.Next(trail, between) == manifest.Trail
            ? ProtocolFault.None : ProtocolFault.ForkedManifest;
    }

    // A commit would have been asked the same.
    private static RepairDecision.Rejected? CheckNew(
        SignedChainLink link, ChainHead? before, long bytes, AccountState? stored, Moment now, AppPolicy policy)
    {
        if (SlotRules.Check(link.Link) is var slots and not ProtocolFault.None) return Broken("links", slots);
        if (before?.Active.GetValueOrDefault(link.Link.Signer) is not { } signer) return null;
        var trusted = IsTrusted(signer, stored, now);
        var relieves = trusted && ChainLinkRules.RemovesAsManyAsItAdds(link.Link);
        if (ChainLinkRules.CheckLifetime(link, before.Used, bytes, relieves) is { } past)
            return new RepairDecision.Rejected(past);
        return trusted || (link.Link.Remove.IsEmpty && !link.Link.BeginsEpoch)
            ? null : Young(TrustedFrom(signer.Id, stored, now, policy));
    }

    private static RepairDecision.Rejected Young(ulong trustedFrom) =>
        new(new ServiceFailure(ErrorCode.YoungAuthority) { Field = "links", TrustedFrom = trustedFrom });

    // From when an authority that is not of the first link may remove older ones, were the repair taken without its
    // removal.
    private static ulong TrustedFrom(AuthorityId id, AccountState? stored, Moment now, AppPolicy policy) =>
        stored?.Authorities.GetValueOrDefault(id)?.TrustedFrom ?? now.Latest + (ulong)policy.TrustAfter.TotalSeconds;

    private static AccountAuthority Authority(
        ActiveAuthority authority, AccountState? stored, Moment now, AppPolicy policy)
    {
        var isFirst = authority.AddedAt == 0 && stored?.Authorities.ContainsKey(authority.Id) is not true;
        return AccountAuthority.Of(authority, isFirst ? now.Earliest : TrustedFrom(authority.Id, stored, now, policy));
    }

    private static bool WasAccepted(ChainLink link, AccountState? stored, ChainPlace? minChain) =>
        link.Sequence <= stored?.Chain.Sequence || link.Sequence <= minChain?.Sequence;

    private static bool IsTrusted(ActiveAuthority signer, AccountState? stored, Moment now) =>
        stored is null ? signer.AddedAt == 0 : stored.Authorities.GetValueOrDefault(signer.Id)?.IsYoung(now) is false;

    private static bool Passes(RepairBundle bundle, ChainPlace place) =>
        place.Sequence < (ulong)bundle.Links.Length && bundle.Links[(int)place.Sequence].Hash == place.Hash;

    private static RepairDecision.Rejected Broken(string field, ProtocolFault fault) =>
        new(ServiceFailure.Refused(field, fault));
}
