using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing;

/// <summary>A log in memory, by the definitions of RFC 6962 §2.1, word for word, and by nothing of ours.</summary>
public sealed class GrownLog
{
    /// <summary>Its name.</summary>
    public const string Origin = "log.example/one";

    /// <summary>The time of the first leaf; each other one is a second later.</summary>
    public const ulong Begun = 1_700_000_000;

    private readonly List<byte[]> _leaves = [];

    public GrownLog(int leaves)
    {
        var random = new TestRandom(4711);
        for (var i = 0; i < leaves; i++) _leaves.Add(random.Bytes(i % 50));
    }

    public GrownLog(IEnumerable<byte[]> leaves) => _leaves.AddRange(leaves);

    /// <summary>A log of what our leaves are.</summary>
    /// <param name="leaves">How many.</param>
    /// <param name="erased">What some of them commit to, by their numbers: receipts of erasure.</param>
    public static GrownLog OfLeaves(int leaves, IReadOnlyDictionary<int, Hash256>? erased = null)
    {
        var random = new TestRandom(4713);
        return new GrownLog(Enumerable.Range(0, leaves).Select(i =>
        {
            var (label, commitment) = (new Hash256(random.Bytes(32)), new Hash256(random.Bytes(32)));
            var leaf = new AuditLeaf(
                Begun + (ulong)i, (AuditEvent)(1 + i % 6), (AuditRole)(1 + i % 4), label, commitment,
                Hash256.Of(Policy));
            return (erased?.TryGetValue(i, out var receipt) == true
                ? leaf with { Event = AuditEvent.Erased, Commitment = receipt } : leaf).Encode();
        }));
    }

    public SigningKey Key { get; } = SigningKey.FromSeed(new TestRandom(4712).Bytes(32));

    public NoteKey NoteKey => NoteKey.Of(Origin, NoteSignatureType.Ed25519, Key.PublicKey);

    public IReadOnlyList<byte[]> Leaves => _leaves;

    public ulong Size => (ulong)_leaves.Count;

    public Checkpoint Checkpoint => new(Origin, Size, Root(0, _leaves.Count));

    public Hash256 LeafHash(int index) => Hash256.Of([0, .. _leaves[index]]);

    /// <summary>MTH(D[from:to]).</summary>
    public Hash256 Root(int from, int to)
    {
        if (from == to) return Hash256.Of([]);
        if (to - from == 1) return LeafHash(from);
        var k = 1;
        while (2 * k < to - from) k *= 2;
        return Hash256.Of([1, .. Root(from, from + k).ToArray(), .. Root(from + k, to).ToArray()]);
    }

    /// <summary>The hashes of a proof, from the subtrees that it names.</summary>
    public Hash256[] Hashes(IReadOnlyList<IReadOnlyList<MerkleNode>> proof) =>
        [.. proof.Select(nodes => MerkleProof.Join([.. nodes.Select(Hash)]))];

    public Hash256[] Inclusion(int index) => Hashes(MerkleProof.Inclusion((ulong)index, Size));

    /// <summary>Tiles and bundles of this size, by their paths: rows of hashes, each of 256 of those below.</summary>
    public Dictionary<string, byte[]> Files()
    {
        var files = new Dictionary<string, byte[]>();
        var row = Enumerable.Range(0, _leaves.Count).Select(LeafHash).ToList();
        for (var level = 0; row.Count > 0; level++)
        {
            var above = new List<Hash256>();
            foreach (var (number, tile) in row.Chunk(256).Index())
            {
                files[TilePath.Tile(level, (ulong)number, tile.Length).ToString()] =
                    [.. tile.SelectMany(hash => hash.ToArray())];
                if (tile.Length == 256) above.Add(Whole(tile));
            }

            row = above;
        }

        foreach (var (number, some) in _leaves.Chunk(256).Index())
            files[TilePath.Entries((ulong)number, some.Length).ToString()] =
                [.. some.SelectMany(leaf => (byte[])[(byte)(leaf.Length >> 8), (byte)(leaf.Length & 255), .. leaf])];
        return files;
    }

    /// <summary>What the policy says that leaves name.</summary>
    public static byte[] Policy => "{\"policies\":[]}"u8.ToArray();

    /// <summary>The file that it is in.</summary>
    public static string PolicyName => $"policy/{Convert.ToHexStringLower(Hash256.Of(Policy).ToArray())}";

    /// <summary>Writes a checkpoint, or else its own, the policy, and all files of the log into a folder.</summary>
    public void Write(string folder, SignedNote? checkpoint = null)
    {
        Put("checkpoint", (checkpoint ?? Checkpoint.Sign(Key)).Encode());
        Put(PolicyName, Policy);
        foreach (var (name, content) in Files()) Put(name, content);

        void Put(string name, byte[] content)
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }
    }

    private static Hash256 Whole(ReadOnlySpan<Hash256> row) => row.Length == 1
        ? row[0]
        : Hash256.Of([1, .. Whole(row[..(row.Length / 2)]).ToArray(), .. Whole(row[(row.Length / 2)..]).ToArray()]);

    private Hash256 Hash(MerkleNode node) =>
        Root((int)node.Index << node.Height, (int)(node.Index + 1) << node.Height);
}
