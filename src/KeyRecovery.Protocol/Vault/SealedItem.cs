using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>One version of an item, padded and sealed under its epoch's key (docs/protocol.md §6).</summary>
public static class SealedItem
{
    /// <summary>The size of a sealed item without content, in bytes: 380.</summary>
    public const int MinSize = ItemHeader.Size + SecretBox.Overhead + 256;

    /// <summary>
    /// The largest sealed size of <paramref name="contentLength"/> bytes: with a name of 64 bytes.
    /// </summary>
    public static int MaxSizeOf(int contentLength) => SizeOf(Limits.NameBytes, contentLength);

    /// <summary>The sealed size of a name and content of these sizes, in bytes.</summary>
    public static int SizeOf(int nameBytes, int contentLength) =>
        ItemHeader.Size + SecretBox.Overhead
        + Padme.PaddedLength(Padme.PrefixSize + ItemPlaintext.SizeOf(nameBytes, contentLength));

    /// <summary>The sealed size of an item, in bytes.</summary>
    public static int SizeOf(string name, int contentLength) =>
        SizeOf(Encoding.UTF8.GetByteCount(name), contentLength);

    /// <summary>Seals content into a new array.</summary>
    /// <param name="key">The key of the header's epoch.</param>
    /// <param name="header">What the item is.</param>
    /// <param name="name">1–64 bytes of UTF-8.</param>
    /// <param name="content">At most 1,048,576 bytes; the app's policy may allow less.</param>
    /// <param name="random">Draws the nonce.</param>
    public static byte[] Seal(
        EpochKey key, ItemHeader header, string name, ReadOnlySpan<byte> content, IRandom random)
    {
        var item = GC.AllocateUninitializedArray<byte>(SizeOf(name, content.Length));
        Seal(key, header, name, content, item, random);
        return item;
    }

    /// <summary>Seals content into a buffer of the caller's.</summary>
    /// <param name="key">The key of the header's epoch.</param>
    /// <param name="header">What the item is.</param>
    /// <param name="name">1–64 bytes of UTF-8.</param>
    /// <param name="content">At most 1,048,576 bytes; the app's policy may allow less.</param>
    /// <param name="destination">Exactly <see cref="SizeOf(string, int)"/> bytes; does not overlap the content.</param>
    /// <param name="random">Draws the nonce.</param>
    public static void Seal(
        EpochKey key, ItemHeader header, string name, ReadOnlySpan<byte> content, Span<byte> destination,
        IRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(header.Epoch, key.Epoch);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, Limits.MaxItemBytes);
        var nameBytes = Encoding.UTF8.GetByteCount(name);
        Throw.IfOutside(nameBytes, 1, Limits.NameBytes, nameof(name));
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, SizeOf(nameBytes, content.Length));
        header.Write(destination);
        var box = destination[ItemHeader.Size..];
        var plaintext = Padme.Begin(
            ItemPlaintext.SizeOf(nameBytes, content.Length), SecretBox.PlaintextOf(box));
        ItemPlaintext.Write(name, content, plaintext);
        Span<byte> itemKey = stackalloc byte[SecretBox.KeySize];
        key.DeriveItemKey(header.Id, itemKey);
        SecretBox.SealInPlace(itemKey, destination[..ItemHeader.Size], box, random);
        CryptographicOperations.ZeroMemory(itemKey);
    }

    /// <summary>Opens a sealed item.</summary>
    /// <param name="key">The key of the item's epoch.</param>
    /// <param name="item">The sealed bytes, whose header was checked.</param>
    /// <returns>Name and content, or null where the seal, the padding or what is in it is not right.</returns>
    public static OpenedItem? Open(EpochKey key, ReadOnlySpan<byte> item)
    {
        if (!ItemHeader.TryRead(item, out var header)) return null;
        var length = item.Length - ItemHeader.Size - SecretBox.Overhead;
        var padded = SecretMemory.Allocate(length);
        Span<byte> itemKey = stackalloc byte[SecretBox.KeySize];
        try
        {
            key.DeriveItemKey(header.Id, itemKey);
            if (!SecretBox.TryOpen(itemKey, item[..ItemHeader.Size], item[ItemHeader.Size..], padded)) return null;
            return Padme.TryUnpad(padded, out var contentLength)
                ? ItemPlaintext.Read(padded.AsMemory(Padme.PrefixSize, contentLength))
                : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(itemKey);
            CryptographicOperations.ZeroMemory(padded);
        }
    }
}

/// <summary>The clear head of a sealed item, which its seal authenticates (docs/protocol.md §6).</summary>
/// <param name="Account">The account.</param>
/// <param name="Id">The item.</param>
/// <param name="Version">From 1.</param>
/// <param name="Epoch">The epoch whose key seals it.</param>
/// <param name="Previous">The hash of the sealed item of the version before; the default for version 1.</param>
public readonly record struct ItemHeader(AccountId Account, ItemId Id, ulong Version, ulong Epoch, Hash256 Previous)
{
    /// <summary>The size in bytes: 84.</summary>
    public const int Size = 4 + 16 + 16 + 8 + 8 + Hash256.Size;

    private static ReadOnlySpan<byte> Magic => "KRI1"u8;

    internal void Write(Span<byte> destination)
    {
        Magic.CopyTo(destination);
        Account.CopyTo(destination[4..]);
        Id.CopyTo(destination[20..]);
        BinaryPrimitives.WriteUInt64BigEndian(destination[36..], Version);
        BinaryPrimitives.WriteUInt64BigEndian(destination[44..], Epoch);
        Previous.CopyTo(destination[52..]);
    }

    /// <summary>Reads the header of a sealed item.</summary>
    /// <exception cref="WireFormatException">Too short, or not an item.</exception>
    public static ItemHeader Read(ReadOnlySpan<byte> sealedItem)
    {
        WireFormatException.Require(
            TryRead(sealedItem, out var header), "an item has at least 380 bytes and begins with KRI1");
        return header;
    }

    internal static bool TryRead(ReadOnlySpan<byte> sealedItem, out ItemHeader header)
    {
        header = default;
        if (sealedItem.Length < SealedItem.MinSize || !sealedItem.StartsWith(Magic)) return false;
        header = new ItemHeader(
            new AccountId(sealedItem[4..20]), new ItemId(sealedItem[20..36]),
            BinaryPrimitives.ReadUInt64BigEndian(sealedItem[36..]),
            BinaryPrimitives.ReadUInt64BigEndian(sealedItem[44..]),
            new Hash256(sealedItem[52..Size]));
        return true;
    }
}

/// <summary>
/// What an item holds before it is padded: <c>[name t, content b]</c> (docs/protocol.md §6). It is written where it
/// will be sealed, so that no general writer keeps a copy of the content.
/// </summary>
internal static class ItemPlaintext
{
    private const byte ArrayOfTwo = 0x82;
    private const int TextType = 3 << 5;
    private const int BytesType = 2 << 5;

    /// <summary>Its size in bytes.</summary>
    /// <param name="nameBytes">The name's, in UTF-8.</param>
    /// <param name="contentLength">The content's.</param>
    public static int SizeOf(int nameBytes, int contentLength) =>
        1 + HeadSize(nameBytes) + nameBytes + HeadSize(contentLength) + contentLength;

    /// <summary>Fills <paramref name="destination"/>, which has exactly its size.</summary>
    public static void Write(string name, ReadOnlySpan<byte> content, Span<byte> destination)
    {
        destination[0] = ArrayOfTwo;
        var rest = destination[1..];
        rest = rest[WriteHead(TextType, Encoding.UTF8.GetByteCount(name), rest)..];
        rest = rest[Encoding.UTF8.GetBytes(name, rest)..];
        rest = rest[WriteHead(BytesType, content.Length, rest)..];
        content.CopyTo(rest);
    }

    /// <summary>Reads it; null where it is not in its one form.</summary>
    public static OpenedItem? Read(ReadOnlyMemory<byte> plaintext)
    {
        try
        {
            var reader = new CborIn(plaintext);
            reader.Array(2);
            var item = new OpenedItem(reader.Text(1, Limits.NameBytes), reader.Bytes(0, Limits.MaxItemBytes));
            reader.End();
            return item;
        }
        catch (WireFormatException)
        {
            return null;
        }
    }

    // RFC 8949 §3.1: the shortest form.
    private static int HeadSize(int length) => length switch
    {
        < 24 => 1,
        <= byte.MaxValue => 2,
        <= ushort.MaxValue => 3,
        _ => 5,
    };

    private static int WriteHead(int type, int length, Span<byte> destination)
    {
        var size = HeadSize(length);
        destination[0] = (byte)(type | size switch { 1 => length, 2 => 24, 3 => 25, _ => 26 });
        if (size == 2) destination[1] = (byte)length;
        if (size == 3) BinaryPrimitives.WriteUInt16BigEndian(destination[1..], (ushort)length);
        if (size == 5) BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)length);
        return size;
    }
}

/// <summary>What was sealed in an item.</summary>
/// <param name="Name">Its name, 1–64 bytes of UTF-8.</param>
/// <param name="Content">Its content; the reader's to zero.</param>
[DebuggerDisplay(Redacted.Text)]
public sealed record OpenedItem(string Name, byte[] Content)
{
    /// <inheritdoc/>
    public override string ToString() => Redacted.Text;
}
