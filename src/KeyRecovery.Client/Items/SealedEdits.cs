using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Items;

/// <summary>Edits sealed for one commit: small items travel inside it, larger ones are stored ahead.</summary>
/// <param name="Edits">Those that the commit makes.</param>
/// <param name="Change">What they change in the manifest.</param>
/// <param name="Inline">Sealed items that travel inside, at most 256 KiB together.</param>
/// <param name="Staged">Sealed items that are stored ahead, at most 64, with the current ones at most 16 MiB.</param>
internal sealed record SealedEdits(
    ImmutableArray<ItemEdit> Edits, ManifestChange Change, ImmutableArray<ReadOnlyMemory<byte>> Inline,
    ImmutableArray<SealedPut> Staged)
{
    /// <summary>Seals the first edits of a list, as many as one commit takes.</summary>
    public static SealedEdits Make(OpenVault open, IEnumerable<ItemEdit> edits, SealedPuts puts, ulong now)
    {
        // What is stored ahead and the current items share the account's room, also where the new ones replace these.
        var plan = new Builder(now, Limits.AccountBytes - open.Vault.Manifest.Manifest.Items.Sum(i => i.Size));
        foreach (var edit in edits)
        {
            var before = open.FindItem(edit.Name);
            var fits = edit is ItemEdit.Put put
                ? plan.TryPut(put, puts.Seal(open.Keys.Current, put, before))
                : plan.TryDelete(edit, before);
            if (!fits) break;
        }
        return plan.Build();
    }

    /// <summary>Seals the first items of a new account.</summary>
    /// <returns>The plan, which may hold fewer than were asked for.</returns>
    public static SealedEdits First(EpochKey key, IEnumerable<ItemEdit.Put> first, ulong now, IRandom random)
    {
        var puts = new SealedPuts(random);
        var plan = new Builder(now, Limits.AccountBytes);
        foreach (var put in first)
            if (!plan.TryPut(put, puts.Seal(key, put, null))) break;
        return plan.Build();
    }

    private sealed class Builder(ulong now, long room)
    {
        private readonly List<ItemEdit> _edits = [];
        private readonly List<(ManifestItem, ItemNote)> _put = [];
        private readonly List<ItemId> _delete = [];
        private readonly List<SealedPut> _inline = [];
        private readonly List<SealedPut> _staged = [];

        public bool TryPut(ItemEdit.Put put, SealedPut item)
        {
            var travels = item.MayTravel && SumWith(_inline, item) <= Limits.InlineItemsBytes;
            var bytes = Math.Min(room, Limits.StagedBytes);
            var fits = _staged.Count < Limits.StagedItems && SumWith(_staged, item) <= bytes;
            // One alone is left to the server, which says by how much it is too much.
            if (!travels && !fits && _edits.Count > 0) return false;
            (travels ? _inline : _staged).Add(item);
            _edits.Add(put);
            _put.Add((item.Entry, item.Note(put.Name, now)));
            return true;
        }

        public bool TryDelete(ItemEdit edit, ManifestItem? before)
        {
            _edits.Add(edit);
            if (before is not null) _delete.Add(before.Id);
            return true;
        }

        public SealedEdits Build() => new(
            [.. _edits], new ManifestChange { Put = [.. _put], Delete = [.. _delete] },
            [.. _inline.Select(i => i.Bytes)], [.. _staged]);

        private static long SumWith(List<SealedPut> items, SealedPut next) =>
            items.Sum(i => (long)i.Bytes.Length) + next.Bytes.Length;
    }
}

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
