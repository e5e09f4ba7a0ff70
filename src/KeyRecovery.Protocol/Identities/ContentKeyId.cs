using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>The name of a content key, 16 random bytes: the same in all its versions.</summary>
public readonly record struct ContentKeyId
{
    /// <summary>The length in bytes: 16.</summary>
    public const int Size = Bytes16.Size;

    private readonly Bytes16 _bytes;

    /// <summary>Reads an id.</summary>
    /// <exception cref="WireFormatException">Not 16 bytes.</exception>
    public ContentKeyId(ReadOnlySpan<byte> bytes) => _bytes = new Bytes16(bytes);

    /// <summary>Draws an id.</summary>
    public static ContentKeyId Draw(IRandom random)
    {
        Span<byte> bytes = stackalloc byte[Bytes16.Size];
        random.Fill(bytes);
        return new ContentKeyId(bytes);
    }

    /// <summary>The 16 bytes.</summary>
    public byte[] ToArray() => _bytes.ToArray();

    /// <summary>Unpadded base64url, 22 characters.</summary>
    public override string ToString() => _bytes.ToString();
}
