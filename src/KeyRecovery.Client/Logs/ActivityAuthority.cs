using KeyRecovery.Protocol.Vault;

namespace KeyRecovery;

/// <summary>A device or slot that an entry is about; it may be gone.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What it is; null where the account's chain does not know it.</param>
/// <param name="Name">Its name; empty where it has none, or is gone.</param>
/// <param name="IsThisDevice">Whether it is the device that asks.</param>
public sealed record ActivityAuthority(AuthorityId Id, AuthorityKind? Kind, string Name, bool IsThisDevice)
{
    internal static ActivityAuthority Of(OpenVault open, AuthorityId own, AuthorityId id) => new(
        id, open.Vault.Chain.Authorities.TryGetValue(id, out var known) ? known.Kind : null,
        open.Private.Authorities.FirstOrDefault(note => note.Id == id)?.Name ?? "", id == own);
}
