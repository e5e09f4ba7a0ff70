using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Audit;

/// <summary>
/// A receipt as it was handed out (docs/protocol.md §15.1): the signed statement, or once the log has it a proof of
/// that around it (C2SP tlog-proof).
/// </summary>
public sealed class SignedErasureReceipt
{
    /// <summary>The largest of either form in bytes: 131,072.</summary>
    public const int MaxSize = TlogProof.MaxSize;

    private readonly SignedBody _signed;
    private readonly TlogProof? _proof;
    private readonly ReadOnlyMemory<byte> _leaf;

    private SignedErasureReceipt(ReadOnlyMemory<byte> bytes)
    {
        Bytes = Statement = bytes;
        if (TlogProof.TryParse(bytes.Span, out _proof)) (_leaf, Statement) = ReadExtra(_proof.Extra);
        _signed = SignedBody.Decode(Statement, ErasureReceipt.MaxSize);
        Receipt = ReadBody(_signed.Body);
        if (_proof is null) return;
        var (leaf, what) = (AuditLeaf.Decode(_leaf), EventOf(Receipt.Level));
        WireFormatException.Require(
            leaf.Event == what && leaf.Commitment == Hash256.Of(Statement.Span), "the leaf is this receipt's");
    }

    /// <summary>All of it, in the form in which it was handed out.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The signed statement alone.</summary>
    public ReadOnlyMemory<byte> Statement { get; }

    /// <summary>What it says. Nothing of it counts before <see cref="IsSignedBy"/>.</summary>
    public ErasureReceipt Receipt { get; }

    /// <summary>Whether it comes with a proof that the log has it, to be verified by <see cref="IsLogged"/>.</summary>
    public bool HasProof => _proof is not null;

    /// <summary>The checkpoint that its proof leads to, not verified; null where it has no proof.</summary>
    public SignedNote? Checkpoint => _proof?.Checkpoint;

    /// <summary>Reads a receipt of either form.</summary>
    /// <exception cref="WireFormatException">Not a receipt, or one whose parts contradict each other.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static SignedErasureReceipt Decode(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>What the log calls a receipt of a level.</summary>
    public static AuditEvent EventOf(int level) => level == 2 ? AuditEvent.ErasedEverywhere : AuditEvent.Erased;

    /// <summary>Puts the proof around a signed receipt.</summary>
    /// <param name="statement">The signed statement.</param>
    /// <param name="leaf">The leaf that commits to it, encoded.</param>
    /// <param name="index">The leaf's number.</param>
    /// <param name="hashes">Its proof of inclusion.</param>
    /// <param name="checkpoint">The checkpoint, with cosignatures.</param>
    public static byte[] Prove(
        ReadOnlySpan<byte> statement, ReadOnlySpan<byte> leaf, ulong index, ImmutableArray<Hash256> hashes,
        SignedNote checkpoint) =>
        new TlogProof(
            new CborOut().Array(2).Bytes(leaf).Bytes(statement).ToArray(), index, hashes, checkpoint).Encode();

    /// <summary>Whether the server of this audit key has signed it.</summary>
    public bool IsSignedBy(VerifyKey auditKey) =>
        _signed.IsSignedBy(auditKey, SignatureLabel.ErasureReceipt);

    /// <summary>Whether a log has it, by a checkpoint that a policy accepts; false where there is no proof.</summary>
    public bool IsLogged(LogPolicy policy) => _proof?.Proves(MerkleTree.LeafHash(_leaf.Span), policy) is true;

    private static (ReadOnlyMemory<byte> Leaf, ReadOnlyMemory<byte> Statement) ReadExtra(ReadOnlyMemory<byte> extra)
    {
        var reader = new CborIn(extra);
        reader.Array(2);
        var read = (reader.BytesView(1, AuditLeaf.MaxSize), reader.BytesView(1, ErasureReceipt.MaxSize));
        reader.End();
        return read;
    }

    private static ErasureReceipt ReadBody(ReadOnlyMemory<byte> body)
    {
        var reader = new CborIn(body);
        reader.Structure(Labels.ErasureReceipt, 12);
        var receipt = new ErasureReceipt
        {
            Id = new ErasureId(reader.BytesView(ErasureId.Size, ErasureId.Size).Span),
            Level = (int)reader.UInt(2),
            App = reader.Text(1, Limits.AppIdLength),
            Subject = reader.Hash(),
            RequestedBy = (ErasureRequester)reader.UInt((ulong)ErasureRequester.Operator),
            RequestedAt = reader.UInt(),
            ErasedAt = reader.UInt(),
            Kek = reader.UInt(),
            KekDestroyedAt = reader.UInt(),
            Proofs = ReadProofs(reader),
        };
        reader.End();
        WireFormatException.Require(
            receipt.Level > 0 && receipt.RequestedBy > 0 && receipt.Kek > 0, "level, asker and KEK count from 1");
        WireFormatException.Require(AccountIds.IsAppId(receipt.App), "an app's id is due here");
        var final = receipt.Level == 2;
        WireFormatException.Require(
            final == receipt.KekDestroyedAt > 0 && final == receipt.Proofs.Contains(ErasureProof.KekDestroyed)
            && final == receipt.Proofs.Contains(ErasureProof.BackupsExpired),
            "level 2 tells of the KEK, and level 1 does not");
        WireFormatException.Require(
            receipt.Proofs.Contains(ErasureProof.KeyAbsent) && receipt.Proofs.Contains(ErasureProof.RowsDeleted),
            "key and rows are gone at either level");
        return receipt;
    }

    private static ImmutableArray<ErasureProof> ReadProofs(CborIn reader)
    {
        var proofs = ImmutableArray.CreateBuilder<ErasureProof>();
        for (var left = reader.Array(0, (int)ErasureProof.BackupsExpired); left > 0; left--)
        {
            var proof = (ErasureProof)reader.UInt((ulong)ErasureProof.BackupsExpired);
            WireFormatException.Require(proof > (proofs.Count == 0 ? 0 : proofs[^1]), "proofs ascend, from 1");
            proofs.Add(proof);
        }

        return proofs.ToImmutable();
    }
}
