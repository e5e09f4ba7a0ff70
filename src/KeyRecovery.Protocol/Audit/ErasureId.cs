using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Audit;

/// <summary>The name of one erasure, 16 random bytes.</summary>
public readonly record struct ErasureId
{
    /// <summary>The length in bytes: 16.</summary>
    public const int Size = Bytes16.Size;

    private readonly Bytes16 _bytes;

    /// <summary>Reads an id.</summary>
    /// <exception cref="WireFormatException">Not 16 bytes.</exception>
    public ErasureId(ReadOnlySpan<byte> bytes) => _bytes = new Bytes16(bytes);

    /// <summary>Draws an id.</summary>
    public static ErasureId Draw(IRandom random)
    {
        Span<byte> bytes = stackalloc byte[Bytes16.Size];
        random.Fill(bytes);
        return new ErasureId(bytes);
    }

    /// <summary>The 16 bytes.</summary>
    public byte[] ToArray() => _bytes.ToArray();

    /// <summary>Unpadded base64url, 22 characters.</summary>
    public override string ToString() => _bytes.ToString();
}
