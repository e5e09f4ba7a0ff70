using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Accounts;

/// <summary>Edits sealed for one commit: small items travel inside it, larger ones are stored ahead.</summary>
internal sealed record ItemPlan(
    ManifestChange Change, ImmutableArray<ReadOnlyMemory<byte>> Inline, ImmutableArray<(Hash256 Hash, ReadOnlyMemory<byte> Bytes)> Staged)
{
    /// <summary>Seals edits of an open vault.</summary>
    public static ItemPlan Make(OpenVault open, ImmutableArray<ItemEdit> edits, ulong now, IRandom random)
    {
        var deleted = edits.OfType<ItemEdit.Remove>()
            .Select(e => ItemReader.Find(open, e.Name)).OfType<ManifestItem>().Select(i => i.Id).ToImmutableArray();
        var plan = Seal(open.Keys.Current, edits.OfType<ItemEdit.Put>(), name => ItemReader.Find(open, name), now, random);
        return plan with { Change = plan.Change with { Delete = deleted } };
    }

    /// <summary>Seals the first items of a new account.</summary>
    public static ItemPlan First(EpochKey key, IEnumerable<ItemEdit.Put> puts, ulong now, IRandom random) => Seal(key, puts, _ => null, now, random);

    private static ItemPlan Seal(EpochKey key, IEnumerable<ItemEdit.Put> puts, Func<string, ManifestItem?> find, ulong now, IRandom random)
    {
        var entries = ImmutableArray.CreateBuilder<(ManifestItem, ItemNote)>();
        var inline = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        var staged = ImmutableArray.CreateBuilder<(Hash256, ReadOnlyMemory<byte>)>();
        var room = Limits.InlineItemsBytes;
        foreach (var put in puts)
        {
            var before = find(put.Name);
            var header = new ItemHeader(key.Account, before?.Id ?? NewId(random), (before?.Version ?? 0) + 1, key.Epoch, before?.Hash ?? default);
            var bytes = SealedItem.Seal(key, header, put.Content.Span, random);
            var hash = Hash256.Of(bytes);
            entries.Add((
                new ManifestItem(header.Id, header.Version, header.Epoch, bytes.Length, hash),
                new ItemNote(header.Id, put.Name, put.Content.Length, now)));
            if (put.Content.Length <= Limits.InlineItemBytes && bytes.Length <= room)
            {
                inline.Add(bytes);
                room -= bytes.Length;
            }
            else
            {
                staged.Add((hash, bytes));
            }
        }
        return new ItemPlan(new ManifestChange { Put = entries.ToImmutable() }, inline.ToImmutable(), staged.ToImmutable());
    }

    private static ItemId NewId(IRandom random)
    {
        var id = new byte[16];
        random.Fill(id);
        return new ItemId(id);
    }
}
