using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Audit;

/// <summary>A receipt as it was handed out, with its signature (docs/protocol.md §15.1).</summary>
public sealed class SignedErasureReceipt
{
    private readonly SignedBody _signed;

    private SignedErasureReceipt(ReadOnlyMemory<byte> bytes)
    {
        Bytes = bytes;
        _signed = SignedBody.Decode(bytes, ErasureReceipt.MaxSize);
        Receipt = ReadBody(_signed.Body);
    }

    /// <summary>All of it.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>What it says. Nothing of it counts before <see cref="IsSignedBy"/>.</summary>
    public ErasureReceipt Receipt { get; }

    /// <summary>Reads a receipt.</summary>
    /// <exception cref="WireFormatException">Not a receipt, or one whose parts contradict each other.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static SignedErasureReceipt Decode(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>Whether the server of this audit key has signed it.</summary>
    public bool IsSignedBy(VerifyKey auditKey) =>
        _signed.IsSignedBy(auditKey, SignatureLabel.ErasureReceipt);

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
