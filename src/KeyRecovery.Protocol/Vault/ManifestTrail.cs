using System.Text;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// The trail: what a manifest commits to of all those before it (docs/protocol.md §5). Whoever knows one manifest and
/// the hashes from it on proves by it that a later one descends from it.
/// </summary>
public static class ManifestTrail
{
    /// <summary>The trail of the manifest that follows.</summary>
    /// <param name="trail">The trail of a manifest; 32 zero bytes in version 1.</param>
    /// <param name="hash">That manifest's hash.</param>
    public static Hash256 Next(Hash256 trail, Hash256 hash)
    {
        Span<byte> input = stackalloc byte[Labels.Trail.Length + 1 + 2 * Hash256.Size];
        var rest = input[Encoding.ASCII.GetBytes(Labels.Trail, input)..];
        rest[0] = 0;
        trail.CopyTo(rest[1..]);
        hash.CopyTo(rest[(1 + Hash256.Size)..]);
        return Hash256.Of(input);
    }

    /// <summary>The trail after a number of manifests.</summary>
    /// <param name="trail">The first one's trail.</param>
    /// <param name="hashes">Their hashes, the first one's first.</param>
    public static Hash256 Next(Hash256 trail, IEnumerable<Hash256> hashes) => hashes.Aggregate(trail, Next);
}
