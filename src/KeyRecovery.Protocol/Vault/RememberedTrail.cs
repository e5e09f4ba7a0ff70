using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// The hashes of manifests that a reader remembers: the newest in one row up to the current manifest's <c>prev</c>.
/// </summary>
/// <param name="Start">The trail of the first of them; of the current manifest where there are none.</param>
/// <param name="Hashes">The newest last, at most 4,096.</param>
internal sealed record RememberedTrail(Hash256 Start, ImmutableArray<Hash256> Hashes)
{
    /// <summary>Of a manifest of which the reader knows none before.</summary>
    public static RememberedTrail None(SignedManifest manifest) => new(manifest.Manifest.Trail, []);

    /// <summary>With those that came after.</summary>
    public RememberedTrail Add(ImmutableArray<Hash256> hashes)
    {
        var all = Hashes.AddRange(hashes);
        var over = Math.Max(0, all.Length - Limits.TrailRemembered);
        return new RememberedTrail(ManifestTrail.Next(Start, all.Take(over)), all[over..]);
    }
}
