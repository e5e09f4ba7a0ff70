namespace KeyRecovery.Protocol.Wire;

/// <summary>
/// The name of an item in one account, random and never reused. 16 bytes, compared by value, ordered as bytes.
/// </summary>
public readonly record struct ItemId : IComparable<ItemId>
{
    private readonly Bytes16 _bytes;

    /// <summary>Reads an id from its bytes.</summary>
    /// <param name="bytes">Exactly 16 bytes.</param>
    /// <exception cref="WireFormatException">The length is not 16.</exception>
    public ItemId(ReadOnlySpan<byte> bytes) => _bytes = new Bytes16(bytes);

    /// <summary>Writes the 16 bytes.</summary>
    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    /// <summary>The 16 bytes, as a new array.</summary>
    public byte[] ToArray() => _bytes.ToArray();

    /// <inheritdoc/>
    public int CompareTo(ItemId other) => _bytes.CompareTo(other._bytes);

    /// <summary>Unpadded base64url, 22 characters.</summary>
    public override string ToString() => _bytes.ToString();

    /// <summary>Reads unpadded base64url of exactly 22 characters; false for anything else.</summary>
    public static bool TryParse(string? text, out ItemId id)
    {
        id = default;
        if (!Base64UrlText.TryDecode(text, Bytes16.Size, out var bytes)) return false;
        id = new ItemId(bytes);
        return true;
    }
}
