namespace KeyRecovery.Protocol.Vault;

/// <summary>Where two heads of one account contradict each other (docs/protocol.md §7, Claim).</summary>
/// <param name="Sequence">The sequence at which links differ, or the larger one where the newer manifest has the older
/// chain; null where chains do not contradict each other.</param>
/// <param name="Version">The version at which manifests differ; null where they do not contradict each other.</param>
internal readonly record struct HeadDifference(ulong? Sequence, ulong? Version)
{
    // Nothing is below it: a manifest's hash commits to its trail and its link, whatever was restored.
    private static readonly HeadDifference OfOneManifest = new(null, 0);

    /// <summary>The difference of two heads; null where both can be true.</summary>
    public static HeadDifference? Of(AccountHead one, AccountHead other)
    {
        if (one.Account != other.Account) return null;
        if (one.Manifest == other.Manifest)
            return one.Trail == other.Trail && one.Chain == other.Chain ? null : OfOneManifest;
        var (chain, manifest) = (one.Chain, one.Manifest);
        var difference = new HeadDifference(
            DifferAtOne(chain.Sequence, other.Chain.Sequence, chain.Hash != other.Chain.Hash),
            DifferAtOne(manifest.Version, other.Manifest.Version, true));
        if (difference != default) return difference;
        var isCrossed = manifest.Version > other.Manifest.Version
            ? chain.Sequence < other.Chain.Sequence : other.Chain.Sequence < chain.Sequence;
        return isCrossed ? new HeadDifference(Math.Max(chain.Sequence, other.Chain.Sequence), null) : null;
    }

    /// <summary>Whether a place lies below all of it.</summary>
    public bool IsAbove(ulong chainSequence, ulong manifestVersion) =>
        (Sequence is null || chainSequence < Sequence) && (Version is null || manifestVersion < Version);

    private static ulong? DifferAtOne(ulong place, ulong other, bool differs) =>
        place == other && differs ? place : null;
}
