using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Items;

/// <summary>
/// Items that are sealed for a commit. What nobody else has changed is sealed once, however often the commit is built
/// anew: the same bytes stay stored ahead of it.
/// </summary>
internal sealed class SealedPuts(IRandom random)
{
    private readonly Dictionary<string, SealedPut> _byName = new(StringComparer.Ordinal);

    /// <summary>Seals a put that follows on <paramref name="before"/>.</summary>
    public SealedPut Seal(EpochKey key, ItemEdit.Put put, ManifestItem? before)
    {
        var old = Find(put.Name);
        var id = before?.Id ?? old?.Header.Id ?? NewId();
        var header = new ItemHeader(key.Account, id, (before?.Version ?? 0) + 1, key.Epoch, before?.Hash ?? default);
        if (old?.Header == header) return old;
        var bytes = SealedItem.Seal(key, header, put.Name, put.Content.Span, random);
        return _byName[put.Name] = new SealedPut(header, put.Content.Length, bytes, Hash256.Of(bytes));
    }

    /// <summary>What was sealed last under that name, or null.</summary>
    public SealedPut? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Lets go of what a commit has made part of the account.</summary>
    public void Forget(string name) => _byName.Remove(name);

    private ItemId NewId()
    {
        var id = new byte[16];
        random.Fill(id);
        return new ItemId(id);
    }
}

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
