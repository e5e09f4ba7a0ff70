using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Rows;

/// <summary>
/// A part of a list that only grows: the links of a chain, the hashes of the manifests. The account row names the
/// newest chunk; each chunk knows all before it, so that any entry is two point reads away and no request scans. Chunks
/// are immutable and named by their content; appending makes another one in place of the newest, or behind it.
/// </summary>
/// <param name="Before">The full chunks before this one, the oldest first.</param>
/// <param name="First">The number of its first entry.</param>
/// <param name="Entries">Its entries.</param>
internal sealed record Chunk(
    ImmutableArray<ChunkPlace> Before, ulong First, ImmutableArray<ReadOnlyMemory<byte>> Entries)
{
    private const string RowLabel = "chunk";
    private const int MaxBefore = 4096;

    /// <summary>The bytes of its entries.</summary>
    public long Bytes => Entries.Sum(e => (long)e.Length);

    /// <summary>Where this chunk is found.</summary>
    public ChunkPlace Place(byte[] encoded) => new(First, (uint)Bytes, Hash256.Of(encoded));

    /// <summary>The list with entries behind its last one.</summary>
    /// <param name="newest">The newest chunk, or null where the list is empty.</param>
    /// <param name="entries">The new entries with their numbers, ascending.</param>
    /// <param name="size">How large a chunk may grow.</param>
    /// <returns>The chunks that are new, the oldest first.</returns>
    public static ImmutableArray<Chunk> Append(
        Chunk? newest, IReadOnlyList<(ulong Number, ReadOnlyMemory<byte> Entry)> entries, ChunkSize size)
    {
        var made = ImmutableArray.CreateBuilder<Chunk>();
        var growing = newest ?? new Chunk([], entries[0].Number, []);
        foreach (var (number, entry) in entries)
        {
            if (growing.HasRoomFor(entry, size))
            {
                growing = growing with { Entries = growing.Entries.Add(entry) };
                continue;
            }

            if (growing != newest) made.Add(growing);
            growing = new Chunk(growing.Before.Add(growing.Place(growing.Encode())), number, [entry]);
        }

        made.Add(growing);
        return made.ToImmutable();
    }

    private bool HasRoomFor(ReadOnlyMemory<byte> entry, ChunkSize size) =>
        Entries.Length < size.Entries && (Entries.Length == 0 || Bytes + entry.Length <= size.Bytes);

    public byte[] Encode()
    {
        var writer = new CborOut().Array(5).Text(RowLabel).UInt(1).Array(Before.Length);
        foreach (var (first, bytes, name) in Before) writer.Array(3).UInt(first).UInt(bytes).Bytes(name);
        writer.UInt(First).Array(Entries.Length);
        foreach (var entry in Entries) writer.Bytes(entry.Span);
        return writer.ToArray();
    }

    /// <summary>Reads a chunk; its entries are slices of <paramref name="row"/>.</summary>
    public static Chunk Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.OwnStructure(RowLabel, 5);
        var before = ImmutableArray.CreateBuilder<ChunkPlace>(reader.Array(0, MaxBefore));
        for (var left = before.Capacity; left > 0; left--)
        {
            reader.Array(3);
            before.Add(new ChunkPlace(reader.UInt(), (uint)reader.UInt(uint.MaxValue), reader.Hash()));
        }

        var first = reader.UInt();
        var entries = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(reader.Array(0, int.MaxValue));
        for (var left = entries.Capacity; left > 0; left--) entries.Add(reader.BytesView(0, int.MaxValue));
        reader.End();
        return new Chunk(before.MoveToImmutable(), first, entries.MoveToImmutable());
    }
}

/// <summary>Where a chunk is.</summary>
/// <param name="First">The number of its first entry.</param>
/// <param name="Bytes">The bytes of its entries.</param>
/// <param name="Name">SHA-256 of the chunk, by which its row is named.</param>
internal readonly record struct ChunkPlace(ulong First, uint Bytes, Hash256 Name);

/// <summary>How large a chunk may grow.</summary>
/// <param name="Entries">The most entries.</param>
/// <param name="Bytes">The most bytes of entries; a single entry may be larger.</param>
internal readonly record struct ChunkSize(int Entries, int Bytes)
{
    /// <summary>Links: a commit writes the newest chunk anew, and a reader holds one in memory.</summary>
    public static ChunkSize Links { get; } = new(64, 128 * 1024);

    /// <summary>
    /// Hashes of manifests, 16 of which move here at once, each time with all that the newest chunk has.
    /// </summary>
    public static ChunkSize Trail { get; } = new(256, 16 * 1024);

    /// <summary>Entries of an account's activity, 8 of which move here at once.</summary>
    public static ChunkSize Activity { get; } = new(128, 32 * 1024);
}
