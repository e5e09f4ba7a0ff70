using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>An item as the manifest names it (docs/protocol.md §5).</summary>
/// <param name="Id">The item.</param>
/// <param name="Version">From 1, one more with each change.</param>
/// <param name="Epoch">The epoch whose key seals this version.</param>
/// <param name="Size">The sealed size in bytes.</param>
/// <param name="Hash">SHA-256 of the sealed bytes.</param>
public sealed record ManifestItem(ItemId Id, ulong Version, ulong Epoch, long Size, Hash256 Hash)
{
    /// <summary>The version of an entry that changes: one above the higher of both.</summary>
    /// <param name="before">Its entry in the manifest before, or null.</param>
    /// <param name="undoneTo">In an undo, its entry in the base, or null.</param>
    public static ulong NextVersion(ManifestItem? before, ManifestItem? undoneTo = null) =>
        Math.Max(before?.Version ?? 0, undoneTo?.Version ?? 0) + 1;

    /// <summary>
    /// What the header of an item that changes names as <c>previous</c>: the hash in the base's entry, else in that of
    /// the manifest before, else the default.
    /// </summary>
    /// <param name="before">Its entry in the manifest before, or null.</param>
    /// <param name="undoneTo">In an undo, its entry in the base, or null.</param>
    public static Hash256 PreviousOf(ManifestItem? before, ManifestItem? undoneTo = null) =>
        (undoneTo ?? before)?.Hash ?? default;

    internal void Write(CborOut writer) =>
        writer.Array(5).Bytes(Id).UInt(Version).UInt(Epoch).UInt((ulong)Size).Bytes(Hash);

    internal static ManifestItem Read(CborIn reader)
    {
        reader.Array(5);
        var item = new ManifestItem(
            reader.Item(), reader.UInt(), reader.UInt(),
            (long)reader.UInt((ulong)SealedItem.MaxSizeOf(Limits.MaxItemBytes)), reader.Hash());
        WireFormatException.Require(item.Version >= 1, "item versions begin at 1");
        return item;
    }

    /// <summary>Checks a sealed item against this entry: its hash, then its header.</summary>
    public ProtocolFault Check(AccountId account, ReadOnlySpan<byte> sealedItem)
    {
        if (sealedItem.Length != Size || Hash256.Of(sealedItem) != Hash) return ProtocolFault.ItemHash;
        return CheckHeader(account, sealedItem);
    }

    /// <summary>Checks the header of a sealed item, whose hash was checked, against this entry.</summary>
    public ProtocolFault CheckHeader(AccountId account, ReadOnlySpan<byte> sealedItem)
    {
        if (sealedItem.Length != Size || sealedItem.Length < SealedItem.MinSize) return ProtocolFault.ItemHash;
        return ItemHeader.TryRead(sealedItem, out var header) && header.Account == account && header.Id == Id
            && header.Version == Version && header.Epoch == Epoch
            ? ProtocolFault.None
            : ProtocolFault.ItemHeader;
    }
}
