using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// What a vault tells of the manifests before its own: the hashes from a version on, with those left out that lie in
/// gaps (docs/protocol.md §7).
/// </summary>
internal sealed class ToldTrail(VaultBundle told, SignedManifest manifest)
{
    private readonly ulong _version = manifest.Manifest.Version;

    /// <summary>What leads from a manifest that is known to the current one; null where nothing proves it.</summary>
    public ImmutableArray<Hash256>? From(SignedManifest known)
    {
        var (before, hashes) = (known.Manifest, told.Hashes);
        if (_version == before.Version) return manifest.Hash == known.Hash && hashes.IsEmpty ? hashes : null;
        return GapsFrom(before.Version).Count == 0
            && (ulong)hashes.Length == _version - before.Version && hashes[0] == known.Hash
            && Ends(before.Trail, hashes) ? hashes : null;
    }

    /// <summary>
    /// What a reader takes who knows none of them: those above the last gap, or all from version 1 on. No fault where
    /// too few are told.
    /// </summary>
    /// <param name="from">The version that was asked from.</param>
    public (RememberedTrail Trail, ProtocolFault Fault) Anew(ulong from)
    {
        var (gaps, hashes) = (GapsFrom(from), told.Hashes);
        var none = (RememberedTrail.None(manifest), ProtocolFault.None);
        if (gaps.Any(gap => gap.To >= _version)) return none with { Item2 = ProtocolFault.ForkedManifest };
        if (gaps.Count == 0 && from != 1) return none;
        var (start, first) = gaps.Count == 0 ? (default, 1) : (gaps[^1].Trail, gaps[^1].To + 1);
        if ((ulong)hashes.Length < _version - first || hashes.Length == 0) return none;
        var above = hashes[^(int)(_version - first)..];
        return Ends(start, above)
            ? (new RememberedTrail(start, []).Add(above), ProtocolFault.None)
            : none with { Item2 = ProtocolFault.ForkedManifest };
    }

    private List<ManifestGap> GapsFrom(ulong version) => [.. told.Gaps.Where(gap => gap.To >= version)];

    private bool Ends(Hash256 start, ImmutableArray<Hash256> hashes) =>
        (hashes.IsEmpty || hashes[^1] == manifest.Manifest.Previous)
        && ManifestTrail.Next(start, hashes) == manifest.Manifest.Trail;
}
