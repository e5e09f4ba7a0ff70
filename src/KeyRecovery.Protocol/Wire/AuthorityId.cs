namespace KeyRecovery.Protocol.Wire;

/// <summary>
/// The name of a device or of a recovery slot in one account's chain. 16 bytes, compared by value, ordered as bytes.
/// </summary>
public readonly record struct AuthorityId : IComparable<AuthorityId>
{
    private readonly Bytes16 _bytes;

    /// <summary>Reads an id from its bytes.</summary>
    /// <param name="bytes">Exactly 16 bytes.</param>
    /// <exception cref="WireFormatException">The length is not 16.</exception>
    public AuthorityId(ReadOnlySpan<byte> bytes) => _bytes = new Bytes16(bytes);

    /// <summary>Writes the 16 bytes.</summary>
    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    /// <summary>The 16 bytes, as a new array.</summary>
    public byte[] ToArray() => _bytes.ToArray();

    /// <inheritdoc/>
    public int CompareTo(AuthorityId other) => _bytes.CompareTo(other._bytes);

    /// <summary>Unpadded base64url, 22 characters.</summary>
    public override string ToString() => _bytes.ToString();

    /// <summary>Reads unpadded base64url of exactly 22 characters; false for anything else.</summary>
    public static bool TryParse(string? text, out AuthorityId id)
    {
        id = default;
        if (!Base64UrlText.TryDecode(text, Bytes16.Size, out var bytes)) return false;
        id = new AuthorityId(bytes);
        return true;
    }
}
