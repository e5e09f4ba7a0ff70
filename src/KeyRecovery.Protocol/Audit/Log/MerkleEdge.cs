using System.Collections.Immutable;
using System.Numerics;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>
/// The right edge of a tree: the roots of its full subtrees, the largest first, at most 53 of them. It is all that
/// appending needs.
/// </summary>
public sealed record MerkleEdge
{
    private MerkleEdge(ulong size, ImmutableArray<Hash256> hashes) => (Size, Hashes) = (size, hashes);

    /// <summary>The edge of a tree without leaves.</summary>
    public static MerkleEdge Empty { get; } = new(0, []);

    /// <summary>How many leaves the tree has.</summary>
    public ulong Size { get; }

    /// <summary>The roots, the largest first: one for each bit that is set in the size.</summary>
    public ImmutableArray<Hash256> Hashes { get; }

    /// <summary>The tree's root hash.</summary>
    public Hash256 Root
    {
        get
        {
            if (Hashes.IsEmpty) return Hash256.Of([]);
            var root = Hashes[^1];
            for (var i = Hashes.Length - 2; i >= 0; i--) root = MerkleTree.NodeHash(Hashes[i], root);
            return root;
        }
    }

    /// <summary>The edge of a tree of a size.</summary>
    /// <exception cref="WireFormatException">There are more or fewer hashes than the size has bits.</exception>
    public static MerkleEdge Of(ulong size, ImmutableArray<Hash256> hashes)
    {
        WireFormatException.Require(
            hashes.Length == BitOperations.PopCount(size), "an edge has a hash for each full subtree");
        return new MerkleEdge(size, hashes);
    }

    /// <summary>The edge with one leaf more.</summary>
    public MerkleEdge Append(Hash256 leafHash)
    {
        var (hashes, node) = (Hashes, leafHash);
        for (var left = Size; (left & 1) == 1; left >>= 1)
        {
            node = MerkleTree.NodeHash(hashes[^1], node);
            hashes = hashes.RemoveAt(hashes.Length - 1);
        }

        return new MerkleEdge(Size + 1, hashes.Add(node));
    }
}
