using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Log;

/// <summary>Trees and proofs of all sizes up to 70, beside the definitions of RFC 6962.</summary>
public class MerkleTreeTests
{
    private const int Most = 70;

    /// <summary>The roots of certificate-transparency's tests (merkletree/merkle_tree_test.cc, transparency-dev/merkle
    /// testonly): of the first 1 to 8 of eight leaves.</summary>
    [Fact]
    public void Roots_that_others_published()
    {
        string[] leaves = [
            "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
        ];
        string[] roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        Assert.Equal(
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Hex(MerkleEdge.Empty.Root));
        var edge = MerkleEdge.Empty;
        for (var i = 0; i < leaves.Length; i++)
        {
            edge = edge.Append(MerkleTree.LeafHash(Convert.FromHexString(leaves[i])));
            Assert.Equal(roots[i], Hex(edge.Root));
        }
    }

    [Fact]
    public void The_edge_and_the_whole_row_give_the_root_of_each_size()
    {
        var log = new GrownLog(Most);
        var edge = MerkleEdge.Empty;
        for (var size = 0; size <= Most; size++)
        {
            Assert.Equal(log.Root(0, size), edge.Root);
            Assert.Equal(log.Root(0, size), MerkleTree.Root([.. Enumerable.Range(0, size).Select(log.LeafHash)]));
            Assert.Equal(edge.Root, MerkleEdge.Of(edge.Size, edge.Hashes).Root);
            if (size < Most) edge = edge.Append(log.LeafHash(size));
        }
    }

    [Fact]
    public void Each_leaf_of_each_tree_is_proved_and_with_nothing_changed()
    {
        var all = new GrownLog(Most);
        for (var size = 1; size <= Most; size++)
        {
            var root = all.Root(0, size);
            for (var index = 0; index < size; index++)
            {
                var proof = all.Hashes(MerkleProof.Inclusion((ulong)index, (ulong)size));
                Assert.True(Holds(index, size, root, proof));
                Assert.False(Holds(index, size, all.Root(0, size - 1), proof));
                Assert.False(Holds(index + 1, size, root, proof) && size > 1);
                Assert.False(Holds(index, size, root, [.. proof, root]));
                for (var i = 0; i < proof.Length; i++)
                {
                    Assert.False(Holds(index, size, root, [.. proof[..i], .. proof[(i + 1)..]]));
                    Assert.False(Holds(index, size, root, [.. proof[..i], root, .. proof[(i + 1)..]]));
                }
            }
        }

        bool Holds(int index, int size, Hash256 root, Hash256[] proof) =>
            MerkleProof.VerifyInclusion(all.LeafHash(index % Most), (ulong)index, (ulong)size, root, proof);
    }

    [Fact]
    public void Each_tree_goes_on_from_each_smaller_one_and_from_no_other()
    {
        var all = new GrownLog(Most);
        for (var to = 1; to <= Most; to++)
        {
            for (var from = 1; from <= to; from++)
            {
                var proof = all.Hashes(MerkleProof.Consistency((ulong)from, (ulong)to));
                Assert.True(Holds(all.Root(0, from), all.Root(0, to), proof));
                Assert.False(Holds(all.Root(0, from - 1), all.Root(0, to), proof));
                Assert.False(Holds(all.Root(0, from), all.Root(0, to - 1), proof));
                Assert.False(Holds(all.Root(0, from), all.Root(0, to), [.. proof, all.LeafHash(0)]));
                for (var i = 0; i < proof.Length; i++)
                    Assert.False(
                        Holds(all.Root(0, from), all.Root(0, to), [.. proof[..i], .. proof[(i + 1)..]]));

                bool Holds(Hash256 first, Hash256 second, Hash256[] hashes) =>
                    MerkleProof.VerifyConsistency((ulong)from, first, (ulong)to, second, hashes);
            }
        }
    }

    [Fact]
    public void The_empty_tree_has_one_root_and_all_go_on_from_it_without_a_proof()
    {
        var log = new GrownLog(3);
        var (empty, root) = (MerkleEdge.Empty.Root, log.Root(0, 3));
        Assert.True(MerkleProof.VerifyConsistency(0, empty, 0, empty, []));
        Assert.True(MerkleProof.VerifyConsistency(0, empty, 3, root, []));
        Assert.False(MerkleProof.VerifyConsistency(0, empty, 0, root, []));
        Assert.False(MerkleProof.VerifyConsistency(0, root, 0, root, []));
        Assert.False(MerkleProof.VerifyConsistency(0, root, 3, root, []));
        Assert.False(MerkleProof.VerifyConsistency(0, empty, 3, root, [root]));
        Assert.False(MerkleProof.VerifyConsistency(3, root, 0, empty, []));
        Assert.False(MerkleProof.VerifyInclusion(log.LeafHash(0), 0, 0, empty, []));
    }

    [Fact]
    public void Sizes_up_to_the_largest_are_refused_in_time()
    {
        var hash = new GrownLog(1).LeafHash(0);
        var many = Enumerable.Repeat(hash, 200).ToArray();
        foreach (var size in new ulong[] { 1UL << 53, long.MaxValue, 1UL << 63, ulong.MaxValue })
        {
            Assert.False(MerkleProof.VerifyInclusion(hash, size - 1, size, hash, many));
            Assert.False(MerkleProof.VerifyInclusion(hash, size, size, hash, many));
            Assert.False(MerkleProof.VerifyConsistency(size - 1, hash, size, hash, many));
            Assert.False(MerkleProof.VerifyConsistency(1, hash, size, hash, []));
            Assert.InRange(MerkleProof.Inclusion(size - 1, size).Count, 1, 64);
            Assert.InRange(MerkleProof.Consistency(size - 1, size).Count, 1, 64);
        }
    }

    [Fact]
    public void Every_bit_of_a_bundle_and_of_its_tile_counts()
    {
        var log = new GrownLog(11);
        var tile = Enumerable.Range(0, 11).Select(log.LeafHash).ToList();
        var bundle = EntryBundle.Encode([.. log.Leaves.Select(leaf => (ReadOnlyMemory<byte>)leaf)]);
        Assert.True(AreOfTile(bundle));
        for (var bit = 0; bit < bundle.Length * 8; bit++)
            Assert.False(AreOfTile(SignedNoteTests.Flip(bundle, bit)), $"bit {bit} of the bundle");
        var hashes = tile.SelectMany(hash => hash.ToArray()).ToArray();
        Assert.Equal(log.Checkpoint.Root, RootOf(hashes));
        for (var bit = 0; bit < hashes.Length * 8; bit++)
            Assert.NotEqual(log.Checkpoint.Root, RootOf(SignedNoteTests.Flip(hashes, bit)));

        bool AreOfTile(byte[] bytes) => EntryBundle.TryDecode(bytes, out var entries)
            && entries.Select(entry => MerkleTree.LeafHash(entry.Span)).SequenceEqual(tile);
        static Hash256 RootOf(byte[] bytes) =>
            MerkleTree.Root([.. bytes.Chunk(Hash256.Size).Select(hash => new Hash256(hash))]);
    }

    [Fact]
    public void A_bundle_has_at_most_256_entries_whoever_writes_it()
    {
        var full = Enumerable.Repeat(ReadOnlyMemory<byte>.Empty, TilePath.FullWidth).ToList();
        Assert.True(EntryBundle.TryDecode(EntryBundle.Encode(full), out _));
        Assert.False(EntryBundle.TryDecode(new byte[2 * (TilePath.FullWidth + 1)], out _));
        Assert.Throws<ArgumentException>(() => EntryBundle.Encode([.. full, default]));
    }

    private static string Hex(Hash256 hash) => Convert.ToHexStringLower(hash.ToArray());
}
