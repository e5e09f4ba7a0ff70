using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing;

namespace KeyRecovery.Cli.Tests.Witnesses;

/// <summary>A log that signs two trees, which part behind some leaf.</summary>
internal sealed class TwoTrees
{
    private readonly SigningKey _key;
    private readonly int _parting;

    public TwoTrees(int parting = 0, string origin = "log.example/one", int seed = 1)
    {
        _key = SigningKey.FromSeed(new TestRandom(seed).Bytes(SigningKey.SeedSize));
        (_parting, Origin) = (parting, origin);
    }

    public string Origin { get; }

    public NoteKey Key => NoteKey.Of(Origin, NoteSignatureType.Ed25519, _key.PublicKey);

    /// <summary>The checkpoint of a size in one of the two.</summary>
    public Checkpoint Checkpoint(int size, bool isOther = false) =>
        new(Origin, (ulong)size, Root(0, size, isOther));

    public SignedNote Note(int size, bool isOther = false) => Checkpoint(size, isOther).Sign(_key);

    /// <summary>A request from one size to another, with the proof that the tree has.</summary>
    public WitnessRequest Request(int from, int to, bool isOther = false) => new(
        (ulong)from,
        from == 0 || from > to ? [] : [
            .. MerkleProof.Consistency((ulong)from, (ulong)to).Select(nodes => MerkleProof.Join([
                .. nodes.Select(n => Root((int)n.Index << n.Height, (int)(n.Index + 1) << n.Height, isOther)),
            ])),
        ],
        Note(to, isOther));

    private Hash256 Root(int from, int to, bool isOther)
    {
        if (to == from) return MerkleEdge.Empty.Root;
        if (to - from == 1)
            return MerkleTree.LeafHash(
                [(byte)from, (byte)(from >> 8), isOther && from >= _parting ? (byte)1 : (byte)0]);
        var half = 1;
        while (2 * half < to - from) half *= 2;
        return MerkleTree.NodeHash(Root(from, from + half, isOther), Root(from + half, to, isOther));
    }
}
