namespace KeyRecovery.Protocol.Vault;

/// <summary>Where two heads of one account contradict each other (docs/protocol.md §7, Claim).</summary>
/// <param name="Sequence">The sequence at which links differ, or the larger one where the newer manifest has the older
/// chain; null where versions differ.</param>
/// <param name="Version">The version at which manifests or trails differ; null where sequences differ.</param>
internal readonly record struct HeadDifference(ulong? Sequence, ulong? Version)
{
    /// <summary>The difference of two heads; null where both can be true.</summary>
    public static HeadDifference? Of(AccountHead one, AccountHead other)
    {
        if (one.Account != other.Account) return null;
        var (chain, manifest) = (one.Chain, one.Manifest);
        if (chain.Sequence == other.Chain.Sequence && chain.Hash != other.Chain.Hash)
            return new HeadDifference(chain.Sequence, null);
        if (manifest.Version == other.Manifest.Version)
            return manifest.Hash != other.Manifest.Hash || one.Trail != other.Trail || chain != other.Chain
                ? new HeadDifference(null, manifest.Version) : null;
        var isCrossed = manifest.Version > other.Manifest.Version
            ? chain.Sequence < other.Chain.Sequence : other.Chain.Sequence < chain.Sequence;
        return isCrossed ? new HeadDifference(Math.Max(chain.Sequence, other.Chain.Sequence), null) : null;
    }

    /// <summary>Whether a place lies below it.</summary>
    public bool IsAbove(ulong chainSequence, ulong manifestVersion) =>
        Sequence is { } sequence ? chainSequence < sequence : manifestVersion < Version;
}
