using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Backups;

/// <summary>What a backup set is (docs/protocol.md §16.1), signed by the server that made it.</summary>
public sealed record BackupSet
{
    /// <summary>The longest signed set in bytes: 512.</summary>
    public const int MaxSize = 512;

    /// <summary>The bytes of a line in the list of tombstones: 64 hexadecimal digits and a line feed.</summary>
    public const int TombstoneSize = (2 * Hash256.Size) + 1;

    private const int PairIdSize = 16;

    /// <summary>Its name.</summary>
    public required BackupSetId Id { get; init; }

    /// <summary>16 bytes that both stores carry: a set fits no other pair.</summary>
    public required ReadOnlyMemory<byte> PairId { get; init; }

    /// <summary>When it was begun, in seconds since 1970: what happened later may be missing.</summary>
    public required ulong MadeAt { get; init; }

    /// <summary>From when its keys are not restored any more, in seconds since 1970; 0 without keys.</summary>
    public ulong ExpiresAt { get; init; }

    /// <summary>The lowest KEK that it holds; 0 without keys.</summary>
    public uint Kek { get; init; }

    /// <summary>The data store; nothing in a set of the keys alone.</summary>
    public required FileSum Data { get; init; }

    /// <summary>The sealed key store; nothing in a set of the data alone.</summary>
    public FileSum Keys { get; init; }

    /// <summary>The list of tombstones, in lines.</summary>
    public required FileSum Tombstones { get; init; }

    /// <summary>Which offline key its KEKs are sealed to: SHA-256 of the public key; zeros without keys.</summary>
    public Hash256 EscrowKey { get; init; }

    /// <summary>Whether the data store is in it.</summary>
    public bool HasData => Data.Size > 0;

    /// <summary>Whether the key store is in it.</summary>
    public bool HasKeys => Keys.Size > 0;

    /// <summary>Signs as the server.</summary>
    /// <returns><c>[body, signature]</c>.</returns>
    public byte[] Sign(SigningKey auditKey)
    {
        var body = new CborOut().Array(14).Text(Labels.BackupSet).UInt(1).Bytes(Id.ToArray()).Bytes(PairId.Span)
            .UInt(MadeAt).UInt(ExpiresAt).UInt(Kek).UInt(Data.Size).Bytes(Data.Hash).UInt(Keys.Size).Bytes(Keys.Hash)
            .UInt(Tombstones.Size).Bytes(Tombstones.Hash).Bytes(EscrowKey).ToArray();
        return new CborOut().Array(2).Bytes(body).Bytes(auditKey.Sign(SignatureLabel.BackupSet, body)).ToArray();
    }

    /// <summary>
    /// Reads a set that says of itself what it is. Nothing of it counts before <paramref name="isSignedBy"/>.
    /// </summary>
    /// <exception cref="WireFormatException">Not a set.</exception>
    public static BackupSet Decode(ReadOnlyMemory<byte> bytes, out Func<VerifyKey, bool> isSignedBy)
    {
        WireFormatException.Require(bytes.Length <= MaxSize, "a set's description is shorter");
        var outer = new CborIn(bytes);
        outer.Array(2);
        var body = outer.BytesView(1, MaxSize);
        var signature = outer.BytesView(SigningKey.SignatureSize, SigningKey.SignatureSize);
        outer.End();
        isSignedBy = key => key.Verify(SignatureLabel.BackupSet, body.Span, signature.Span);
        return Read(body);
    }

    private static BackupSet Read(ReadOnlyMemory<byte> body)
    {
        var reader = new CborIn(body);
        reader.OwnStructure(Labels.BackupSet, 14);
        var set = new BackupSet
        {
            Id = new BackupSetId(reader.BytesView(BackupSetId.Size, BackupSetId.Size).Span),
            PairId = reader.Bytes(PairIdSize),
            MadeAt = reader.UInt(),
            ExpiresAt = reader.UInt(),
            Kek = (uint)reader.UInt(uint.MaxValue),
            Data = new FileSum(reader.UInt(), reader.Hash()),
            Keys = new FileSum(reader.UInt(), reader.Hash()),
            Tombstones = new FileSum(reader.UInt(), reader.Hash()),
            EscrowKey = reader.Hash(),
        };
        reader.End();
        WireFormatException.Require(set.HasData || set.HasKeys, "a set holds something");
        WireFormatException.Require(
            set.HasKeys == set.ExpiresAt > 0 && set.HasKeys == set.Kek > 0, "keys have a KEK and an end");
        return set;
    }
}
