using System.Buffers.Binary;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>
/// The self-certifying name of an account (design: first 16 bytes of a hash over its beginning). 16 bytes, compared by
/// value, ordered as bytes.
/// </summary>
public readonly record struct AccountId : IComparable<AccountId>
{
    private readonly Bytes16 _bytes;

    /// <summary>Reads an id from its bytes.</summary>
    /// <param name="bytes">Exactly 16 bytes.</param>
    /// <exception cref="WireFormatException">The length is not 16.</exception>
    public AccountId(ReadOnlySpan<byte> bytes) => _bytes = new Bytes16(bytes);

    /// <summary>Writes the 16 bytes.</summary>
    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    /// <summary>The 16 bytes, as a new array.</summary>
    public byte[] ToArray() => _bytes.ToArray();

    /// <inheritdoc/>
    public int CompareTo(AccountId other) => _bytes.CompareTo(other._bytes);

    /// <summary>Unpadded base64url, 22 characters.</summary>
    public override string ToString() => _bytes.ToString();

    /// <summary>Reads unpadded base64url of exactly 22 characters; false for anything else.</summary>
    public static bool TryParse(string? text, out AccountId id)
    {
        id = default;
        if (!Base64UrlText.TryDecode(text, Bytes16.Size, out var bytes)) return false;
        id = new AccountId(bytes);
        return true;
    }
}

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

/// <summary>
/// Who signed a request, the <c>keyid</c> of RFC 9421: <c>account.authority</c> for a device, or the slot's id alone
/// for a recovery slot, since a code knows no account. Each part is an id in base64url, 22 characters.
/// </summary>
public readonly record struct KeyId
{
    private const char Separator = '.';

    private KeyId(AccountId? account, AuthorityId authority)
    {
        Account = account;
        Authority = authority;
    }

    /// <summary>The account of a device; null for a slot.</summary>
    public AccountId? Account { get; }

    /// <summary>The device or the slot.</summary>
    public AuthorityId Authority { get; }

    /// <summary>A device of an account.</summary>
    public static KeyId OfDevice(AccountId account, AuthorityId device) => new(account, device);

    /// <summary>A recovery slot.</summary>
    public static KeyId OfSlot(AuthorityId slot) => new(null, slot);

    /// <summary>Reads either form; false for anything else.</summary>
    public static bool TryParse(string? text, out KeyId keyId)
    {
        keyId = default;
        if (text is null) return false;
        AccountId? account = null;
        var separator = text.IndexOf(Separator, StringComparison.Ordinal);
        if (separator >= 0)
        {
            if (!AccountId.TryParse(text[..separator], out var parsed)) return false;
            account = parsed;
        }

        if (!AuthorityId.TryParse(text[(separator + 1)..], out var authority)) return false;
        keyId = new KeyId(account, authority);
        return true;
    }

    /// <summary>The form that <see cref="TryParse"/> reads.</summary>
    public override string ToString() =>
        Account is { } account ? $"{account}{Separator}{Authority}" : Authority.ToString();
}

/// <summary>What the 16-byte ids share.</summary>
internal readonly record struct Bytes16 : IComparable<Bytes16>
{
    public const int Size = 16;

    private readonly UInt128 _value;

    public Bytes16(ReadOnlySpan<byte> bytes)
    {
        WireFormatException.Require(bytes.Length == Size, "an id has 16 bytes");
        _value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    public void CopyTo(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, _value);

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    public int CompareTo(Bytes16 other) => _value.CompareTo(other._value);

    public override string ToString() => Base64UrlText.Encode(ToArray());
}
