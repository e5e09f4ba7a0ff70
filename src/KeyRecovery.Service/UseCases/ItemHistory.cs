using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// The older versions of one item: at most 10 by trusted and 10 by young writers, for 30 days, and those that restore
/// points name (docs/protocol.md §7). An entry is written before the commit that makes it true, and counts only if
/// that commit's manifest stands in the account's trail.
/// </summary>
internal static class ItemHistory
{
    private const string RowLabel = "history-row";
    private const ulong SecondsKept = Limits.OldVersionDays * 24UL * 60 * 60;

    // Versions that young points name beside those of their manifests. Each commit that changes the item writes all.
    private const int MaxNamed = 1_000;

    // As many racers may have written one entry each before the next commit takes the dead ones out.
    private const int MaxEntries = 4 * MaxNamed;

    /// <summary>What is kept of confirmed entries, the newest first, and what is past its time or number.</summary>
    public static (ImmutableArray<HistoryEntry> Kept, ImmutableArray<HistoryEntry> Dropped) Prune(
        IEnumerable<HistoryEntry> confirmed, PointNames points, Moment now)
    {
        var (kept, dropped) = (ImmutableArray.CreateBuilder<HistoryEntry>(),
            ImmutableArray.CreateBuilder<HistoryEntry>());
        var (trusted, young, named) = (0, 0, 0);
        // What an undo brought back and somebody replaced once more is one version, not two.
        var seen = new HashSet<Hash256>();
        foreach (var entry in confirmed.OrderByDescending(e => e.Manifest.Version))
        {
            // What a point keeps takes nobody's place: else a young device displaces the oldest by its first write.
            var stays = points.Contain(entry) || (points.Name(entry) && named++ < MaxNamed)
                || (!now.HasReached(entry.ReplacedAt + SecondsKept) && seen.Add(entry.Item.Hash)
                    && (entry.Origin.Writer.IsYoung ? young++ : trusted++) < Limits.OldVersions);
            (stays ? kept : dropped).Add(entry);
        }

        return (kept.ToImmutable(), dropped.ToImmutable());
    }

    public static byte[] Encode(ItemId id, IReadOnlyCollection<HistoryEntry> entries)
    {
        var writer = new CborOut().Array(4).Text(RowLabel).UInt(3).Bytes(id).Array(entries.Count);
        foreach (var (item, at, manifest, origin, by) in entries)
        {
            writer.Array(10).UInt(item.Version).UInt(item.Epoch).UInt((ulong)item.Size).Bytes(item.Hash).UInt(at)
                .UInt(manifest.Version).Bytes(manifest.Hash);
            Write(writer, origin.Writer);
            writer.UInt(origin.Since);
            Write(writer, by);
        }

        return writer.ToArray();
    }

    public static ImmutableArray<HistoryEntry> Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.OwnStructure(RowLabel, 4, version: 3);
        var id = reader.Item();
        var entries = ImmutableArray.CreateBuilder<HistoryEntry>(reader.Array(0, MaxEntries));
        for (var left = entries.Capacity; left > 0; left--)
        {
            reader.Array(10);
            entries.Add(new HistoryEntry(
                new ManifestItem(id, reader.UInt(), reader.UInt(), (long)reader.UInt(), reader.Hash()), reader.UInt(),
                new ManifestPlace(reader.UInt(), reader.Hash()), new ItemOrigin(ReadWriter(reader), reader.UInt()),
                ReadWriter(reader)));
        }

        reader.End();
        return entries.MoveToImmutable();
    }

    private static void Write(CborOut writer, ItemWriter who) => writer.Array(2)
        .Bytes(who.Id is { } id ? id.ToArray() : []).UInt(who.IsYoung ? 1u : 0);

    private static ItemWriter ReadWriter(CborIn reader)
    {
        reader.Array(2);
        return new ItemWriter(ManifestRow.ReadId(reader), reader.UInt(1) == 1);
    }
}

/// <summary>A version of an item that a commit replaced or deleted.</summary>
/// <param name="Item">Its entry.</param>
/// <param name="ReplacedAt">When, in seconds since 1970.</param>
/// <param name="Manifest">The manifest of that commit: only if the account has had it, this is true.</param>
/// <param name="Origin">Where the version came from.</param>
/// <param name="By">Who replaced or deleted it.</param>
internal sealed record HistoryEntry(
    ManifestItem Item, ulong ReplacedAt, ManifestPlace Manifest, ItemOrigin Origin, ItemWriter By);
