using System.Numerics;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>
/// Proofs that a leaf is in a tree, and that one tree goes on from another (RFC 6962 §2.1.1, §2.1.2; verified as RFC
/// 9162 §2.1.3.2 and §2.1.4.2 say).
/// </summary>
public static class MerkleProof
{
    /// <summary>
    /// What a proof of inclusion is made of: for each of its hashes, from the leaf's sibling up, the full subtrees
    /// whose hashes <see cref="Join"/> joins to it.
    /// </summary>
    /// <param name="index">The leaf, below <paramref name="size"/>.</param>
    /// <param name="size">The tree's size.</param>
    public static IReadOnlyList<IReadOnlyList<MerkleNode>> Inclusion(ulong index, ulong size)
    {
        if (index >= size) Throw.Argument(nameof(index), "a leaf of the tree");
        var proof = new List<IReadOnlyList<MerkleNode>>();
        for (var (start, end) = (0UL, size); end - start > 1;)
        {
            var middle = start + Half(end - start);
            if (index < middle)
            {
                proof.Add(Nodes(middle, end));
                end = middle;
            }
            else
            {
                proof.Add(Nodes(start, middle));
                start = middle;
            }
        }

        proof.Reverse();
        return proof;
    }

    /// <summary>As <see cref="Inclusion"/>, of a proof of consistency between two sizes.</summary>
    /// <param name="from">The smaller size, at least 1.</param>
    /// <param name="to">The larger size, or the same.</param>
    public static IReadOnlyList<IReadOnlyList<MerkleNode>> Consistency(ulong from, ulong to)
    {
        if (from == 0 || from > to) Throw.Argument(nameof(from), "a smaller tree");
        var proof = new List<IReadOnlyList<MerkleNode>>();
        var (start, end, isWhole) = (0UL, to, true);
        while (from != end)
        {
            var middle = start + Half(end - start);
            if (from <= middle)
            {
                proof.Add(Nodes(middle, end));
                end = middle;
            }
            else
            {
                proof.Add(Nodes(start, middle));
                (start, isWhole) = (middle, false);
            }
        }

        if (!isWhole) proof.Add(Nodes(start, end));
        proof.Reverse();
        return proof;
    }

    /// <summary>The hash of neighbouring full subtrees, the largest first.</summary>
    public static Hash256 Join(IReadOnlyList<Hash256> subtrees)
    {
        var hash = subtrees[^1];
        for (var i = subtrees.Count - 2; i >= 0; i--) hash = MerkleTree.NodeHash(subtrees[i], hash);
        return hash;
    }

    /// <summary>Whether a leaf is in a tree.</summary>
    /// <param name="leafHash">Its hash.</param>
    /// <param name="index">Its number.</param>
    /// <param name="size">The tree's size.</param>
    /// <param name="root">The tree's root.</param>
    /// <param name="proof">The proof.</param>
    public static bool VerifyInclusion(
        Hash256 leafHash, ulong index, ulong size, Hash256 root, IReadOnlyList<Hash256> proof)
    {
        if (index >= size) return false;
        var (fn, sn, hash) = (index, size - 1, leafHash);
        foreach (var sibling in proof)
        {
            if (sn == 0) return false;
            if ((fn & 1) == 1 || fn == sn)
            {
                hash = MerkleTree.NodeHash(sibling, hash);
                while ((fn & 1) == 0 && fn != 0) (fn, sn) = (fn >> 1, sn >> 1);
            }
            else
            {
                hash = MerkleTree.NodeHash(hash, sibling);
            }

            (fn, sn) = (fn >> 1, sn >> 1);
        }

        return sn == 0 && hash == root;
    }

    /// <summary>
    /// Whether a tree goes on from a smaller one. Any tree goes on from the empty one, without a proof.
    /// </summary>
    /// <param name="from">The smaller size.</param>
    /// <param name="fromRoot">The smaller tree's root.</param>
    /// <param name="to">The larger size, or the same.</param>
    /// <param name="toRoot">The larger tree's root.</param>
    /// <param name="proof">The proof; empty between equal sizes, and from the empty tree.</param>
    public static bool VerifyConsistency(
        ulong from, Hash256 fromRoot, ulong to, Hash256 toRoot, IReadOnlyList<Hash256> proof)
    {
        if (from > to || (from == 0 && fromRoot != MerkleEdge.Empty.Root)) return false;
        if (from == to) return proof.Count == 0 && fromRoot == toRoot;
        if (from == 0) return proof.Count == 0;
        var path = BitOperations.IsPow2(from) ? [fromRoot, .. proof] : proof;
        if (path.Count == 0) return false;
        var (fn, sn) = (from - 1, to - 1);
        while ((fn & 1) == 1) (fn, sn) = (fn >> 1, sn >> 1);
        var (first, second) = (path[0], path[0]);
        foreach (var hash in path.Skip(1))
        {
            if (sn == 0) return false;
            if ((fn & 1) == 1 || fn == sn)
            {
                (first, second) = (MerkleTree.NodeHash(hash, first), MerkleTree.NodeHash(hash, second));
                while ((fn & 1) == 0 && fn != 0) (fn, sn) = (fn >> 1, sn >> 1);
            }
            else
            {
                second = MerkleTree.NodeHash(second, hash);
            }

            (fn, sn) = (fn >> 1, sn >> 1);
        }

        return sn == 0 && first == fromRoot && second == toRoot;
    }

    // The largest power of two below a size of at least 2.
    private static ulong Half(ulong size) => 1UL << BitOperations.Log2(size - 1);

    // A range that begins where its largest subtree may.
    private static List<MerkleNode> Nodes(ulong start, ulong end)
    {
        var nodes = new List<MerkleNode>();
        while (start < end)
        {
            var height = BitOperations.Log2(end - start);
            nodes.Add(new MerkleNode(height, start >> height));
            start += 1UL << height;
        }

        return nodes;
    }
}
