using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Protocol.Primitives;

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
