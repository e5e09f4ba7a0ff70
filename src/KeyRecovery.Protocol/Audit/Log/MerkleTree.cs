using System.Security.Cryptography;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>The hashes of an append-only log's tree (RFC 6962 §2.1): SHA-256, leaves and nodes told apart.</summary>
public static class MerkleTree
{
    /// <summary>SHA-256(0x00 ‖ leaf).</summary>
    public static Hash256 LeafHash(ReadOnlySpan<byte> leaf)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0]);
        hash.AppendData(leaf);
        return new Hash256(hash.GetHashAndReset());
    }

    /// <summary>SHA-256(0x01 ‖ left ‖ right).</summary>
    public static Hash256 NodeHash(Hash256 left, Hash256 right)
    {
        Span<byte> joined = stackalloc byte[1 + 2 * Hash256.Size];
        joined[0] = 1;
        left.CopyTo(joined[1..]);
        right.CopyTo(joined[(1 + Hash256.Size)..]);
        return Hash256.Of(joined);
    }

    /// <summary>The root over some nodes of one height; of none SHA-256 of nothing.</summary>
    public static Hash256 Root(IReadOnlyList<Hash256> nodes)
    {
        if (nodes.Count == 0) return Hash256.Of([]);
        var row = nodes.ToList();
        while (row.Count > 1)
        {
            var above = new List<Hash256>((row.Count + 1) / 2);
            for (var i = 0; i < row.Count; i += 2)
                above.Add(i + 1 < row.Count ? NodeHash(row[i], row[i + 1]) : row[i]);
            row = above;
        }

        return row[0];
    }
}
