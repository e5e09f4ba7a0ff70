using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>A device or a recovery slot of the account.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">Device, code or another slot.</param>
/// <param name="Name">Its name; empty where it has none.</param>
/// <param name="Added">When it was added, by the clock of whoever added it.</param>
/// <param name="IsThisDevice">Whether it is the device that asks.</param>
/// <param name="TrustedFrom">From when it may remove older ones, by the server's word; null where it did not
/// say.</param>
/// <param name="SealIsBad">Whether it could not recover, because its seal is bad: <see cref="VaultSession.MendAsync"/>
/// mends it.</param>
/// <param name="Replace">Whether the slot should be replaced: it came in through a device that was later revoked as
/// stolen, and stayed because the person held it.</param>
public sealed record AuthorityInfo(
    AuthorityId Id, AuthorityKind Kind, string Name, DateTimeOffset Added, bool IsThisDevice,
    DateTimeOffset? TrustedFrom, bool SealIsBad, bool Replace)
{
    /// <summary>Who added it; itself for the account's first device.</summary>
    public AuthorityId AddedBy { get; init; }

    /// <summary>Joins what chain, sealed part, keyset and server say of each authority.</summary>
    internal static ImmutableArray<AuthorityInfo> AllOf(
        OpenVault open, ImmutableArray<EpochSeal> badSeals, AuthorityId own) =>
        AllOf(open.Vault, open.Private.Authorities, badSeals, own);

    /// <summary>The same of a vault that need not open, with what was told of its authorities, as far as it was.
    /// </summary>
    internal static ImmutableArray<AuthorityInfo> AllOf(
        VerifiedVault vault, IEnumerable<AuthorityNote>? told, ImmutableArray<EpochSeal> badSeals, AuthorityId own)
    {
        var notes = told?.ToDictionary(n => n.Id) ?? [];
        return
        [
            .. vault.Chain.Active.OrderBy(a => a.AddedAt).ThenBy(a => a.Kind).Select(a => new AuthorityInfo(
                a.Id, a.Kind, notes.GetValueOrDefault(a.Id)?.Name ?? "", ToldTime.At(a.AddedTime), a.Id == own,
                vault.TrustedFrom.TryGetValue(a.Id, out var at) ? ToldTime.At(at) : null,
                badSeals.Any(s => s.Entry.Id == a.Id), notes.GetValueOrDefault(a.Id)?.Replace ?? false)
            {
                AddedBy = a.AddedBy,
            }),
        ];
    }
}
