using System.Buffers.Binary;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

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
