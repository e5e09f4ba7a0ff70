using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// The older versions of one item: at most 10, for 30 days (docs/protocol.md §11). An entry is written before the
/// commit that makes it true, and counts only if that commit's manifest stands in the account's trail.
/// </summary>
internal static class ItemHistory
{
    private const string RowLabel = "history-row";
    private const ulong SecondsKept = Limits.OldVersionDays * 24UL * 60 * 60;

    // As many racers may have written one entry each before the next commit takes the dead ones out.
    private const int MaxEntries = 1024;

    /// <summary>What is kept of confirmed entries, the newest first, and what is past its time or number.</summary>
    public static (ImmutableArray<HistoryEntry> Kept, ImmutableArray<HistoryEntry> Dropped) Prune(
        IEnumerable<HistoryEntry> confirmed, ulong now)
    {
        var newestFirst = confirmed.OrderByDescending(e => e.Manifest.Version).ToList();
        var kept = newestFirst.Where((e, i) => i < Limits.OldVersions && e.ReplacedAt + SecondsKept > now)
            .ToImmutableArray();
        return (kept, [.. newestFirst.Except(kept)]);
    }

    public static byte[] Encode(ItemId id, IReadOnlyCollection<HistoryEntry> entries)
    {
        var writer = new CborOut().Array(4).Text(RowLabel).UInt(2).Bytes(id).Array(entries.Count);
        foreach (var (item, at, manifest) in entries)
            writer.Array(7).UInt(item.Version).UInt(item.Epoch).UInt((ulong)item.Size).Bytes(item.Hash).UInt(at)
                .UInt(manifest.Version).Bytes(manifest.Hash);
        return writer.ToArray();
    }

    public static ImmutableArray<HistoryEntry> Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.OwnStructure(RowLabel, 4, version: 2);
        var id = reader.Item();
        var entries = ImmutableArray.CreateBuilder<HistoryEntry>(reader.Array(0, MaxEntries));
        for (var left = entries.Capacity; left > 0; left--)
        {
            reader.Array(7);
            entries.Add(new HistoryEntry(
                new ManifestItem(id, reader.UInt(), reader.UInt(), (long)reader.UInt(), reader.Hash()), reader.UInt(),
                new ManifestPlace(reader.UInt(), reader.Hash())));
        }

        reader.End();
        return entries.MoveToImmutable();
    }
}

/// <summary>A version of an item that a commit replaced.</summary>
/// <param name="Item">Its entry.</param>
/// <param name="ReplacedAt">When, in seconds since 1970.</param>
/// <param name="Manifest">The manifest of that commit: only if the account has had it, this is true.</param>
internal sealed record HistoryEntry(ManifestItem Item, ulong ReplacedAt, ManifestPlace Manifest);
