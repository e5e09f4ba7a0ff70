using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Log;

/// <summary>A log in memory, by the definitions of RFC 6962 §2.1, word for word, and by nothing of ours.</summary>
internal sealed class GrownLog
{
    public const string Origin = "log.example/one";

    private readonly List<byte[]> _leaves = [];

    public GrownLog(int leaves)
    {
        var random = new TestRandom(4711);
        for (var i = 0; i < leaves; i++) _leaves.Add(random.Bytes(i % 50));
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

    private Hash256 Hash(MerkleNode node) =>
        Root((int)node.Index << node.Height, (int)(node.Index + 1) << node.Height);
}
