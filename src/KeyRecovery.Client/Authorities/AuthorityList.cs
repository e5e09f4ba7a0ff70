using System.Collections.Immutable;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Authorities;

/// <summary>Joins what chain, sealed part, keyset and server say of each authority.</summary>
internal static class AuthorityList
{
    public static ImmutableArray<AuthorityInfo> Of(
        OpenVault open, ImmutableArray<AuthorityId> badSeals, AuthorityId own)
    {
        var notes = open.Private.Authorities.ToDictionary(n => n.Id);
        return
        [
            .. open.Vault.Chain.Active.OrderBy(a => a.AddedAt).ThenBy(a => a.Kind).Select(a => new AuthorityInfo(
                a.Id, a.Kind, notes.GetValueOrDefault(a.Id)?.Name ?? "", Clock.FromSeconds(a.AddedTime), a.Id == own,
                open.Vault.TrustedFrom.TryGetValue(a.Id, out var at) ? Clock.FromSeconds(at) : null,
                badSeals.Contains(a.Id), notes.GetValueOrDefault(a.Id)?.Replace ?? false)),
        ];
    }
}
