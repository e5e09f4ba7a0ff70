using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing;

/// <summary>
/// A log of a liar's own, in memory: it takes up what a true server tells of an account, and proves it, or what the
/// liar makes of it, under its own key.
/// </summary>
public sealed class ForgedLog(string name = "log.example/forged") : IDisposable
{
    private readonly SigningKey _key = SigningKey.FromSeed(Hash256.Of(Encoding.UTF8.GetBytes(name)).ToArray());
    private readonly List<byte[]> _leaves = [];

    /// <summary>Its verifier key.</summary>
    public NoteKey Key => NoteKey.Of(name, NoteSignatureType.Ed25519, _key.PublicKey);

    /// <summary>How many leaves it has.</summary>
    public ulong Size => (ulong)_leaves.Count;

    /// <summary>What it makes of a detail before it takes it up. Default: what it is.</summary>
    public Func<AuditDetail, AuditDetail> Change { get; set; } = detail => detail;

    /// <summary>Its newest checkpoint, or one of an earlier size, signed.</summary>
    public SignedNote Checkpoint(ulong? size = null) =>
        new Checkpoint(name, size ?? Size, Root(size ?? Size)).Sign(_key);

    /// <summary>Its root at a size.</summary>
    public Hash256 Root(ulong size) =>
        MerkleTree.Root([.. _leaves.Take((int)size).Select(l => MerkleTree.LeafHash(l))]);

    /// <summary>Appends a leaf.</summary>
    public void Append(ReadOnlySpan<byte> leaf) => _leaves.Add(leaf.ToArray());

    /// <summary>Has another past: one leaf is another.</summary>
    public void Fork(int leaf) =>
        _leaves[leaf] = (AuditLeaf.Decode(_leaves[leaf]) with { Commitment = Hash256.Of(_leaves[leaf]) }).Encode();

    /// <summary>A file of it, as <c>GET /audit/…</c> tells it; of at most 256 leaves.</summary>
    public byte[]? File(string name, ulong? size = null)
    {
        if (name == "checkpoint") return Checkpoint(size).Encode();
        if (!TilePath.TryParse(name, out var path) || path.Number > 0 || path.Level > 0) return null;
        var leaves = _leaves.Take(path.Width).ToList();
        return path.Level is null
            ? EntryBundle.Encode([.. leaves.Select(leaf => (ReadOnlyMemory<byte>)leaf)])
            : [.. leaves.SelectMany(leaf => MerkleTree.LeafHash(leaf).ToArray())];
    }

    /// <summary>Appends a leaf of somebody else's.</summary>
    public void AppendStranger() => Append(new AuditLeaf(
        1, AuditEvent.Committed, AuditRole.Device, Hash256.Of([(byte)_leaves.Count]), default, default).Encode());

    /// <summary>The answer to <c>GET /audit/key</c>, with this log's key.</summary>
    public byte[] AuditKey(byte[] truth)
    {
        var told = JsonNode.Parse(truth)!;
        told["log"] = Key.ToString();
        return Bytes(told);
    }

    /// <summary>The answer to <c>GET /v1/activity</c>, of this log: all of it is proved at once.</summary>
    /// <param name="truth">The true answer.</param>
    /// <param name="known">The size that was asked with.</param>
    /// <param name="size">Which tree it shows; null for all of it.</param>
    public JsonNode Activity(byte[] truth, ulong known, ulong? size = null)
    {
        var told = JsonNode.Parse(truth)!;
        var entries = told["entries"]!.AsArray();
        // The oldest is in the log before the others.
        foreach (var entry in entries.Reverse())
        {
            var detail = Change(AuditDetail.Decode(Base64Url.DecodeFromChars(entry!["detail"]!.GetValue<string>())));
            Hash256.TryParse(entry["salt"]!.GetValue<string>(), out var salt);
            var leaf = AuditLeaf.Of(detail, salt).Encode();
            var index = _leaves.FindIndex(known => known.AsSpan().SequenceEqual(leaf));
            if (index < 0) (index, _) = (_leaves.Count, Added(leaf));
            entry["detail"] = Base64Url.EncodeToString(detail.Encode());
            entry["index"] = index;
        }

        var shown = size ?? Size;
        told["checkpoint"] = Encoding.UTF8.GetString(Checkpoint(shown).Encode());
        told["consistency"] = known == 0 || known > shown
            ? new JsonArray() : Hashes(MerkleProof.Consistency(known, shown));
        foreach (var entry in entries)
        {
            var index = entry!["index"]!.GetValue<int>();
            if ((ulong)index < shown) entry["proof"] = Hashes(MerkleProof.Inclusion((ulong)index, shown));
            else entry.AsObject().Remove("proof");
        }

        return told;
    }

    /// <summary>JSON as it goes over the wire.</summary>
    public static byte[] Bytes(JsonNode told) => Encoding.UTF8.GetBytes(told.ToJsonString());

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private bool Added(byte[] leaf)
    {
        _leaves.Add(leaf);
        return true;
    }

    private JsonArray Hashes(IReadOnlyList<IReadOnlyList<MerkleNode>> proof) =>
        [.. proof.Select(nodes => (JsonNode)MerkleProof.Join([.. nodes.Select(Hash)]).ToString())];

    private Hash256 Hash(MerkleNode node) => MerkleTree.Root(
    [
        .. _leaves.Skip((int)node.Index << node.Height).Take(1 << node.Height).Select(l => MerkleTree.LeafHash(l)),
    ]);
}
