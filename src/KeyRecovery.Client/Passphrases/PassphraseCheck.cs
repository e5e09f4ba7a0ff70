using System.Collections.Immutable;

namespace KeyRecovery;

/// <summary>A drill that went well: the passphrase recovers the account today.</summary>
/// <param name="Items">How many items it brings back.</param>
/// <param name="Reports">Realms that lied or could not be had, while the others sufficed.</param>
public sealed record PassphraseCheck(int Items, ImmutableArray<RealmReport> Reports);
