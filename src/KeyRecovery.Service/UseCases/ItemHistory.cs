using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.UseCases;

/// <summary>Which older versions of an item are kept: at most 10, for 30 days (docs/protocol.md §11).</summary>
internal static class ItemHistory
{
    private const string RowLabel = "history-row";
    private const ulong SecondsKept = Limits.OldVersionDays * 24UL * 60 * 60;

    /// <summary>Adds the version that was replaced and drops those past their time or number.</summary>
    public static (ImmutableArray<ItemVersion> Kept, ImmutableArray<ItemVersion> Dropped) Add(
        ImmutableArray<ItemVersion> versions, ManifestItem replaced, ulong now) =>
        Prune([.. versions.Where(v => v.Entry.Hash != replaced.Hash), new ItemVersion(replaced, now)], now);

    public static (ImmutableArray<ItemVersion> Kept, ImmutableArray<ItemVersion> Dropped) Prune(ImmutableArray<ItemVersion> versions, ulong now)
    {
        var newestFirst = versions.OrderByDescending(v => v.Entry.Version).ToList();
        var kept = newestFirst.Where((v, i) => i < Limits.OldVersions && v.ReplacedAt + SecondsKept > now).ToImmutableArray();
        return (kept, [.. newestFirst.Except(kept)]);
    }

    public static byte[] Encode(ItemId id, ImmutableArray<ItemVersion> versions)
    {
        var writer = new CborOut().Array(3).Text(RowLabel).Bytes(id).Array(versions.Length);
        foreach (var (entry, at) in versions)
            writer.Array(5).UInt(entry.Version).UInt(entry.Epoch).UInt((ulong)entry.Size).Bytes(entry.Hash).UInt(at);
        return writer.ToArray();
    }

    public static ImmutableArray<ItemVersion> Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.Array(3);
        reader.Label(RowLabel);
        var id = reader.Item();
        var count = reader.Array(0, Limits.OldVersions);
        var versions = ImmutableArray.CreateBuilder<ItemVersion>(count);
        for (var i = 0; i < count; i++)
        {
            reader.Array(5);
            versions.Add(new ItemVersion(
                new ManifestItem(id, reader.UInt(), reader.UInt(), (long)reader.UInt(), reader.Hash()), reader.UInt()));
        }
        reader.End();
        return versions.MoveToImmutable();
    }
}
