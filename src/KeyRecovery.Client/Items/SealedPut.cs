using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Items;

/// <summary>An item as it goes into a commit, or is stored ahead of it.</summary>
/// <param name="Header">Its place among the item's versions.</param>
/// <param name="Length">The content's length in bytes.</param>
/// <param name="Bytes">The sealed item.</param>
/// <param name="Hash">SHA-256 of the bytes.</param>
internal sealed record SealedPut(ItemHeader Header, int Length, ReadOnlyMemory<byte> Bytes, Hash256 Hash)
{
    /// <summary>Whether it is small enough to travel inside a commit.</summary>
    public bool MayTravel => Length <= Limits.InlineItemBytes;

    public ManifestItem Entry => new(Header.Id, Header.Version, Header.Epoch, Bytes.Length, Hash);

    public ItemNote Note(string name, ulong now) => new(Header.Id, name, Length, now);
}
