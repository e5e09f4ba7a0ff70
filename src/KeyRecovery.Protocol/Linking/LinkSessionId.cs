using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Linking;

/// <summary>The name of a session on the relay, derived from the code. 16 bytes, compared by value.</summary>
public readonly record struct LinkSessionId
{
    private readonly Bytes16 _bytes;

    /// <summary>Reads an id from its bytes.</summary>
    /// <param name="bytes">Exactly 16 bytes.</param>
    /// <exception cref="WireFormatException">The length is not 16.</exception>
    public LinkSessionId(ReadOnlySpan<byte> bytes) => _bytes = new Bytes16(bytes);

    /// <summary>The 16 bytes, as a new array.</summary>
    public byte[] ToArray() => _bytes.ToArray();

    /// <summary>Unpadded base64url, 22 characters.</summary>
    public override string ToString() => _bytes.ToString();

    /// <summary>Reads unpadded base64url of exactly 22 characters; false for anything else.</summary>
    public static bool TryParse(string? text, out LinkSessionId id)
    {
        id = default;
        if (!Base64UrlText.TryDecode(text, Bytes16.Size, out var bytes)) return false;
        id = new LinkSessionId(bytes);
        return true;
    }
}
