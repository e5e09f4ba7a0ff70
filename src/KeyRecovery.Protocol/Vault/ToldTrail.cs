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
    /// What a reader takes who knows none of them: those above the last gap, or all from version 1 on. Nothing, and no
    /// fault, where not all of them are told.
    /// </summary>
    /// <param name="from">The version that was asked from.</param>
    public (RememberedTrail Trail, ProtocolFault Fault) Anew(ulong from)
    {
        var (gaps, hashes, end) = (GapsFrom(from), told.Hashes, GapsEndFrom(from));
        if (end >= _version) return (RememberedTrail.None(manifest), ProtocolFault.ForkedManifest);
        if ((end == 0 && from != 1) || (ulong)hashes.Length != CountFrom(from, gaps))
            return (RememberedTrail.None(manifest), ProtocolFault.None);
        var start = end == 0 ? default : gaps[^1].Trail;
        var above = hashes[^(int)(_version - Math.Max(from, end + 1))..];
        return Ends(start, above)
            ? (new RememberedTrail(start, []).Add(above), ProtocolFault.None)
            : (RememberedTrail.None(manifest), ProtocolFault.ForkedManifest);
    }

    /// <summary>The last version of the gaps that end at a version or above; 0 where there is none.</summary>
    public ulong GapsEndFrom(ulong version) => GapsFrom(version) is [.., var last] ? last.To : 0;

    private ulong CountFrom(ulong from, List<ManifestGap> gaps) => gaps.Aggregate(
        _version - from, (count, gap) => count - (gap.To - Math.Max(gap.From, from) + 1));

    private List<ManifestGap> GapsFrom(ulong version) => [.. told.Gaps.Where(gap => gap.To >= version)];

    private bool Ends(Hash256 start, ImmutableArray<Hash256> hashes) =>
        (hashes.IsEmpty || hashes[^1] == manifest.Manifest.Previous)
        && ManifestTrail.Next(start, hashes) == manifest.Manifest.Trail;
}
