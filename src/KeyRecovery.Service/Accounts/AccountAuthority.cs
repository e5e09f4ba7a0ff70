using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Clocks;

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
/// <param name="LastEpochBegun">The newest epoch that it began; 0 where it began none.</param>
/// <param name="TrustedFrom">Until then it is young, in seconds since 1970.</param>
/// <param name="ByYoung">Whether somebody added it who was young.</param>
public sealed record AccountAuthority(
    AuthorityId Id, AuthorityKind Kind, VerifyKey SigningKey, Hash256 KemKeyHash, ulong MaxFormat, ulong AddedAt,
    ulong LastEpochBegun, ulong TrustedFrom, bool ByYoung)
{
    /// <summary>Whether it is a recovery slot and not a device.</summary>
    public bool IsSlot => Kind != AuthorityKind.Device;

    /// <summary>Whether its <see cref="TrustedFrom"/> is still to come.</summary>
    /// <param name="now">The server's clock.</param>
    public bool IsYoung(Moment now) => !now.HasReached(TrustedFrom);

    /// <summary>As the chain knows it, with the age that this server gives it.</summary>
    internal static AccountAuthority Of(ActiveAuthority active, ulong trustedFrom, bool byYoung = false) => new(
        active.Id, active.Kind, active.SigningKey, active.KemKeyHash, active.MaxFormat, active.AddedAt,
        active.LastEpochBegun, trustedFrom, byYoung);

    internal ActiveAuthority ToActive() =>
        new(Id, Kind, SigningKey, KemKeyHash, MaxFormat, AddedAt, LastEpochBegun);
}
