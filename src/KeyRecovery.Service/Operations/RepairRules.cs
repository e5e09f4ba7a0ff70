using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.Operations;

/// <summary>
/// Decides a repair (docs/protocol.md §7): a pure function of what the server has and what a client gives back. Links
/// up to the remembered removal were accepted once, under the rules of their day. What comes after it was not, as far as
/// the server knows: there a young authority removes nobody older, or a repair would be the way around the age rule.
/// </summary>
public static class RepairRules
{
    /// <summary>Checks the whole chain, the keyset and the manifest.</summary>
    /// <param name="appId">The app of the account.</param>
    /// <param name="account">The account that the request names.</param>
    /// <param name="stored">What the server has, or null when it lost it.</param>
    /// <param name="minChain">The newest removal that the key row remembers.</param>
    /// <param name="bundle">What the client gives.</param>
    /// <param name="now">The server's clock, in seconds since 1970.</param>
    /// <returns>The chain and no fault, or null and which rule was broken, with the signer who is too young where it is that.</returns>
    public static (Chain? Chain, string Field, ProtocolFault Fault, AuthorityId? Young) Check(
        string appId, AccountId account, AccountState? stored, LinkPlace? minChain, RepairBundle bundle, ulong now)
    {
        if (bundle.Links[0].Link.Account != account) return Broken("links", ProtocolFault.OtherAccount);
        // The cheap comparisons come first: whoever does not know the account's links costs no verification.
        if (stored is not null && !Passes(bundle, stored.Chain)) return Broken("links", ProtocolFault.Fork);
        if (minChain is { } min && !Passes(bundle, min)) return Broken("links", ProtocolFault.RolledBackChain);

        Chain? chain = null;
        foreach (var link in bundle.Links)
        {
            var step = chain is null ? Chain.Start(appId, link) : chain.Append(link);
            if (step is ChainStep.Refused refused) return Broken("links", refused.Fault);
            if (!WasAccepted(link.Link, stored, minChain) && SlotRules.Check(link.Link) is var slots and not ProtocolFault.None)
                return Broken("links", slots);
            if (chain is not null && !WasAccepted(link.Link, stored, minChain) && RemovesOlder(link.Link, chain, stored, now))
                return (null, "links", ProtocolFault.YoungSigner, link.Link.Signer);
            chain = ((ChainStep.Ok)step).Chain;
        }
        if (bundle.Keyset.CheckAgainst(chain!) is var keyset and not ProtocolFault.None) return Broken("keyset", keyset);
        if (bundle.Manifest.CheckAgainst(chain!) is var manifest and not ProtocolFault.None) return Broken("manifest", manifest);
        if (stored is not null && bundle.Manifest.Hash != stored.ManifestHash && bundle.Manifest.Manifest.Version <= stored.ManifestVersion)
            return Broken("manifest", ProtocolFault.RolledBackManifest);
        return (chain, "", ProtocolFault.None, null);
    }

    /// <summary>The account row after the repair. Authorities that the server knew keep their age; the others are as old as the repair.</summary>
    public static AccountState Apply(AppUser user, AccountState? stored, Chain chain, RepairBundle bundle, ulong now, AppPolicy policy) => new()
    {
        Account = chain.Account,
        User = user,
        Chain = chain.Place,
        Epoch = chain.Epoch,
        KeysetHash = bundle.Keyset.Hash,
        ManifestVersion = bundle.Manifest.Manifest.Version,
        ManifestHash = bundle.Manifest.Hash,
        Authorities = chain.Active.ToImmutableSortedDictionary(a => a.Id, a => Authority(a, stored, now, policy)),
        Removed =
        [
            .. chain.Authorities.Values.Where(a => !a.IsActive && !a.IsSlot).OrderBy(a => a.RemovedAt)
                .Select(a => (a.Id, a.SigningKey)).TakeLast(AccountState.RememberedDevices),
        ],
        LastRemoval = chain.LastRemoval,
        LinkDay = stored?.LinkDay ?? 0,
        LinksThatDay = stored?.LinksThatDay ?? 0,
    };

    /// <summary>From when an authority that is not of the first link may remove older ones, were the repair taken without its removal.</summary>
    public static ulong TrustedFrom(AuthorityId id, AccountState? stored, ulong now, AppPolicy policy) =>
        stored?.Authorities.GetValueOrDefault(id)?.TrustedFrom ?? now + (ulong)policy.TrustAfter.TotalSeconds;

    private static AccountAuthority Authority(ChainAuthority authority, AccountState? stored, ulong now, AppPolicy policy)
    {
        var isFirst = authority.AddedAt == 0 && stored?.Authorities.ContainsKey(authority.Id) is not true;
        var trustedFrom = isFirst ? now : TrustedFrom(authority.Id, stored, now, policy);
        return new AccountAuthority(authority.Id, authority.Kind, authority.SigningKey, authority.AddedAt, trustedFrom);
    }

    private static bool WasAccepted(Link link, AccountState? stored, LinkPlace? minChain) =>
        link.Sequence <= stored?.Chain.Sequence || link.Sequence <= minChain?.Sequence;

    private static bool RemovesOlder(Link link, Chain before, AccountState? stored, ulong now)
    {
        var signer = before.Authorities[link.Signer];
        var trusted = stored is null ? signer.AddedAt == 0 : stored.Authorities.GetValueOrDefault(signer.Id)?.TrustedFrom <= now;
        return !trusted && link.Remove.Any(id => before.Authorities[id].AddedAt <= signer.AddedAt);
    }

    private static bool Passes(RepairBundle bundle, LinkPlace place) =>
        place.Sequence < (ulong)bundle.Links.Length && bundle.Links[(int)place.Sequence].Hash == place.Hash;

    private static (Chain?, string, ProtocolFault, AuthorityId?) Broken(string field, ProtocolFault fault) => (null, field, fault, null);
}
