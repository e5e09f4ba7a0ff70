using System.Collections.Immutable;

namespace KeyRecovery;

/// <summary>
/// What this device knew and a restored server does not have: the server says, signed, that its data came back from a
/// backup. Nothing of it was let go: see <see cref="VaultSession.Conflicts"/>.
/// </summary>
/// <param name="RestoredAt">When the server was restored, by its clock.</param>
/// <param name="Fault">What it would be without the server's word.</param>
/// <param name="KnownVersion">The manifest's version that this device knew.</param>
/// <param name="LostItems">Items that were there and are not as they were: store them again from the app's own copy.
/// Empty where this device cannot tell.</param>
/// <param name="LostAuthorities">Who was in the account and is not now.</param>
/// <param name="ReturnedAuthorities">Who had been removed and is back: remove them again.</param>
public sealed record RestoreConflictInfo(
    DateTimeOffset RestoredAt, ProtocolFault Fault, ulong KnownVersion, ImmutableArray<string> LostItems,
    ImmutableArray<AuthorityInfo> LostAuthorities, ImmutableArray<AuthorityInfo> ReturnedAuthorities);
