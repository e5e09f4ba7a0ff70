using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Accounts;

/// <summary>
/// What was done to an account, the oldest first: the newest entries stand in its row, older ones in chunks
/// (docs/storage.md §7). Entries are numbered from 0.
/// </summary>
/// <param name="Chunk">The newest chunk, or null while there is none.</param>
/// <param name="First">The number of the first entry that stands in the row.</param>
/// <param name="Tail">The entries that stand in the row, at most <see cref="MostInRow"/>.</param>
public readonly record struct ActivityList(Hash256? Chunk, ulong First, ImmutableArray<ReadOnlyMemory<byte>> Tail)
{
    /// <summary>The most entries in the row: the next one moves half of them into a chunk.</summary>
    public const int MostInRow = 16;

    /// <summary>How many move at once; every racer moves the same.</summary>
    public const int Moved = 8;

    /// <summary>The largest entry as it is stored, in bytes.</summary>
    internal const int MaxEntry = 1024;

    /// <summary>How many entries there are.</summary>
    public ulong Count => First + (ulong)Entries.Length;

    private ImmutableArray<ReadOnlyMemory<byte>> Entries => Tail.IsDefault ? [] : Tail;

    /// <summary>How many of the oldest must move to a chunk, because the row has no room for them.</summary>
    internal int Overflow => Entries.Length > MostInRow ? Moved : 0;

    /// <summary>The entries in the row with their numbers.</summary>
    internal IReadOnlyList<(ulong Number, ReadOnlyMemory<byte> Entry)> Numbered()
    {
        var first = First;
        return [.. Entries.Select((entry, i) => (first + (ulong)i, entry))];
    }

    internal ActivityList Add(ReadOnlyMemory<byte> entry) => this with { Tail = Entries.Add(entry) };

    /// <summary>Without the oldest entries, which have moved to a chunk.</summary>
    internal ActivityList MovedTo(Hash256 chunk, int moved) =>
        new(chunk, First + (ulong)moved, Entries.RemoveRange(0, moved));

    internal void Write(CborOut writer)
    {
        writer.Array(3).Bytes(Chunk is { } chunk ? chunk.ToArray() : []).UInt(First).Array(Entries.Length);
        foreach (var entry in Entries) writer.Bytes(entry.Span);
    }

    internal static ActivityList Read(CborIn reader)
    {
        reader.Array(3);
        var chunk = reader.BytesView(0, Hash256.Size);
        var first = reader.UInt();
        var tail = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(reader.Array(0, MostInRow));
        for (var left = tail.Capacity; left > 0; left--) tail.Add(reader.BytesView(1, MaxEntry));
        return new ActivityList(chunk.IsEmpty ? null : new Hash256(chunk.Span), first, tail.MoveToImmutable());
    }
}
