using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Audit;

/// <summary>
/// A server's signed word that it has erased an account (docs/protocol.md §15.1): who has it verifies it offline, with
/// the server's audit key. It names nobody: only who knows the account's id can tell whose it is.
/// </summary>
public sealed record ErasureReceipt
{
    /// <summary>The longest receipt with its signature and without a proof, in bytes: 512.</summary>
    public const int MaxSize = 512;

    /// <summary>The erasure.</summary>
    public required ErasureId Id { get; init; }

    /// <summary>1: the key is destroyed and the rows are deleted. 2: the KEK and every backup of it as well.</summary>
    public required int Level { get; init; }

    /// <summary>The app.</summary>
    public required string App { get; init; }

    /// <summary>Ties the receipt to an account for whoever knows its id: <see cref="SubjectOf"/>.</summary>
    public required Hash256 Subject { get; init; }

    /// <summary>Who asked.</summary>
    public required ErasureRequester RequestedBy { get; init; }

    /// <summary>When it was asked for, in seconds since 1970 by the server's clock.</summary>
    public required ulong RequestedAt { get; init; }

    /// <summary>When the key was destroyed.</summary>
    public required ulong ErasedAt { get; init; }

    /// <summary>The newest KEK that anything of the account can have been wrapped under.</summary>
    public required ulong Kek { get; init; }

    /// <summary>When the server saw that KEK and all before it destroyed; 0 at level 1.</summary>
    public required ulong KekDestroyedAt { get; init; }

    /// <summary>What was done and seen, ascending.</summary>
    public required ImmutableArray<ErasureProof> Proofs { get; init; }

    /// <summary>The pseudonym of an account in the receipt of one erasure.</summary>
    public static Hash256 SubjectOf(ErasureId id, AccountId account) =>
        Hash256.Of(new CborOut().Array(3).Text(Labels.ErasureSubject).Bytes(id.ToArray()).Bytes(account).ToArray());

    /// <summary>Whether it is about this account.</summary>
    public bool IsOf(AccountId account) => SubjectOf(Id, account) == Subject;

    /// <summary>Signs as the server.</summary>
    /// <returns><c>[body, signature]</c>, the bytes to hand out.</returns>
    public byte[] Sign(SigningKey auditKey)
    {
        var writer = new CborOut().Array(12).Text(Labels.ErasureReceipt).UInt(FormatVersion.Current)
            .Bytes(Id.ToArray()).UInt((ulong)Level).Text(App).Bytes(Subject).UInt((ulong)RequestedBy)
            .UInt(RequestedAt).UInt(ErasedAt).UInt(Kek).UInt(KekDestroyedAt).Array(Proofs.Length);
        foreach (var proof in Proofs) writer.UInt((ulong)proof);
        var body = writer.ToArray();
        return SignedBody.Sign(SignatureLabel.ErasureReceipt, body, auditKey);
    }
}
