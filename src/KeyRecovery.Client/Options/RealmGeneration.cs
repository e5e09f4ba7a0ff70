using System.Collections.Immutable;

namespace KeyRecovery;

/// <summary>
/// Realms that guard passphrases together, as a release of the app named them. A passphrase has all realms of one
/// generation, and no others.
/// </summary>
/// <param name="Realms">1 to 8, all different.</param>
public sealed record RealmGeneration(ImmutableArray<PinnedRealm> Realms)
{
    /// <summary>
    /// How many of them a passphrase must need at least: one that needs fewer is given no guess. More than half of
    /// them, and at most all. Default: the smallest number that is more than half.
    /// </summary>
    public int? MinimumThreshold { get; init; }
}
