using System.Buffers;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Vault;

/// <summary>One version of an item, padded and sealed under its epoch's key (docs/protocol.md §6).</summary>
public static class SealedItem
{
    /// <summary>The size of a sealed item without content, in bytes: 380.</summary>
    public const int MinSize = ItemHeader.Size + SecretBox.Overhead + 256;

    /// <summary>The sealed size of <paramref name="contentLength"/> bytes.</summary>
    public static int SizeOf(int contentLength) =>
        ItemHeader.Size + SecretBox.Overhead + Padme.PaddedLength(contentLength + Padme.PrefixSize);

    /// <summary>Seals content into a new array.</summary>
    /// <param name="key">The key of the header's epoch.</param>
    /// <param name="header">What the item is.</param>
    /// <param name="content">At most 1,048,576 bytes; the app's policy may allow less.</param>
    /// <param name="random">Draws the nonce.</param>
    public static byte[] Seal(EpochKey key, ItemHeader header, ReadOnlySpan<byte> content, IRandom random)
    {
        var item = GC.AllocateUninitializedArray<byte>(SizeOf(content.Length));
        Seal(key, header, content, item, random);
        return item;
    }

    /// <summary>Seals content into a buffer of the caller's.</summary>
    /// <param name="key">The key of the header's epoch.</param>
    /// <param name="header">What the item is.</param>
    /// <param name="content">At most 1,048,576 bytes; the app's policy may allow less.</param>
    /// <param name="destination">Exactly <see cref="SizeOf"/> bytes; does not overlap the content.</param>
    /// <param name="random">Draws the nonce.</param>
    public static void Seal(
        EpochKey key, ItemHeader header, ReadOnlySpan<byte> content, Span<byte> destination, IRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(header.Epoch, key.Epoch);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, Limits.MaxItemBytes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, SizeOf(content.Length));
        header.Write(destination);
        var box = destination[ItemHeader.Size..];
        Padme.Pad(content, SecretBox.PlaintextOf(box));
        Span<byte> itemKey = stackalloc byte[SecretBox.KeySize];
        key.DeriveItemKey(header.Id, itemKey);
        SecretBox.SealInPlace(itemKey, destination[..ItemHeader.Size], box, random);
        CryptographicOperations.ZeroMemory(itemKey);
    }

    /// <summary>Opens a sealed item.</summary>
    /// <param name="key">The key of the item's epoch.</param>
    /// <param name="item">The sealed bytes, whose header was checked.</param>
    /// <returns>The content, or null where the seal or the padding is not right.</returns>
    public static byte[]? Open(EpochKey key, ReadOnlySpan<byte> item)
    {
        if (!ItemHeader.TryRead(item, out var header)) return null;
        var length = item.Length - ItemHeader.Size - SecretBox.Overhead;
        var padded = ArrayPool<byte>.Shared.Rent(length);
        Span<byte> itemKey = stackalloc byte[SecretBox.KeySize];
        try
        {
            key.DeriveItemKey(header.Id, itemKey);
            if (!SecretBox.TryOpen(itemKey, item[..ItemHeader.Size], item[ItemHeader.Size..], padded.AsSpan(0, length)))
                return null;
            return Padme.TryUnpad(padded.AsSpan(0, length), out var contentLength)
                ? padded.AsSpan(Padme.PrefixSize, contentLength).ToArray()
                : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(itemKey);
            CryptographicOperations.ZeroMemory(padded.AsSpan(0, length));
            ArrayPool<byte>.Shared.Return(padded);
        }
    }
}
