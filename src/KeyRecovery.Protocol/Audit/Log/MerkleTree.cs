namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>The hashes of an append-only log's tree (RFC 6962 §2.1): SHA-256, leaves and nodes told apart.</summary>
public static class MerkleTree
{
    /// <summary>SHA-256(0x00 ‖ leaf).</summary>
    public static Hash256 LeafHash(ReadOnlySpan<byte> leaf)
    {
        var joined = leaf.Length <= AuditLeaf.MaxSize ? stackalloc byte[1 + leaf.Length] : new byte[1 + leaf.Length];
        joined[0] = 0;
        leaf.CopyTo(joined[1..]);
        return Hash256.Of(joined);
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
    public static Hash256 Root(ReadOnlySpan<Hash256> nodes)
    {
        if (nodes.IsEmpty) return Hash256.Of([]);
        var row = nodes.ToArray();
        for (var count = row.Length; count > 1; count = (count + 1) / 2)
        {
            for (var i = 0; i + 1 < count; i += 2) row[i / 2] = NodeHash(row[i], row[i + 1]);
            if (count % 2 == 1) row[count / 2] = row[count - 1];
        }

        return row[0];
    }
}
