using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Accounts;

/// <summary>
/// An active authority as the account row keeps it, so that a request is checked without reading the chain.
/// </summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="SigningKey">Its Ed25519 key.</param>
/// <param name="KemKeyHash">SHA-256 of its X-Wing key.</param>
/// <param name="MaxFormat">The highest format version that it reads.</param>
/// <param name="AddedAt">The link that added it.</param>
/// <param name="TrustedFrom">From when it may remove older ones, in seconds since 1970.</param>
public sealed record AccountAuthority(
    AuthorityId Id, AuthorityKind Kind, VerifyKey SigningKey, Hash256 KemKeyHash, ulong MaxFormat, ulong AddedAt,
    ulong TrustedFrom)
{
    /// <summary>Whether it is a recovery slot and not a device.</summary>
    public bool IsSlot => Kind != AuthorityKind.Device;

    /// <summary>As the chain knows it, with the age that this server gives it.</summary>
    internal static AccountAuthority Of(ActiveAuthority active, ulong trustedFrom) => new(
        active.Id, active.Kind, active.SigningKey, active.KemKeyHash, active.MaxFormat, active.AddedAt, trustedFrom);

    internal ActiveAuthority ToActive() => new(Id, Kind, SigningKey, KemKeyHash, MaxFormat, AddedAt);
}
