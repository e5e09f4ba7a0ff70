using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>An active authority, as the rules of the next link look at it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">Device or kind of slot.</param>
/// <param name="SigningKey">Its Ed25519 key.</param>
/// <param name="KemKeyHash">SHA-256 of its X-Wing key.</param>
/// <param name="MaxFormat">The highest format version that it reads, at least 1.</param>
/// <param name="AddedAt">The sequence number of the link that added it.</param>
/// <param name="LastEpochBegun">The newest epoch that it began; 0 where it began none.</param>
public sealed record ActiveAuthority(
    AuthorityId Id, AuthorityKind Kind, VerifyKey SigningKey, Hash256 KemKeyHash, ulong MaxFormat, ulong AddedAt,
    ulong LastEpochBegun)
{
    /// <summary>Whether it is a recovery slot and not a device.</summary>
    public bool IsSlot => Kind != AuthorityKind.Device;

    internal static ActiveAuthority Of(NewAuthority added, ulong addedAt) =>
        new(added.Id, added.Kind, added.SigningKey, added.KemKeyHash, added.MaxFormat, addedAt, 0);
}
