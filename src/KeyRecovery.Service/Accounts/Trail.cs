using System.Buffers.Binary;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Service.Accounts;

/// <summary>
/// Which manifests an account has had, the oldest first: the newest stand in its row, older ones in chunks. An entry of
/// an item's history counts only if the manifest that it names stands here; so nothing is believed that a lost race
/// wrote.
/// </summary>
/// <param name="Chunk">The newest chunk, or null while there is none.</param>
/// <param name="Packed">40 bytes a manifest: version (8, big-endian) and hash (32). At most <see cref="Tail"/>.</param>
public readonly record struct Trail(Hash256? Chunk, ReadOnlyMemory<byte> Packed)
{
    /// <summary>
    /// The most manifests in the row. The next one moves the oldest into a chunk, which every racer writes alike.
    /// </summary>
    public const int Tail = 32;

    /// <summary>
    /// How many move at once. As many stay, more than an item keeps versions: what a commit asks of an item that
    /// changes often stands in the row.
    /// </summary>
    public const int Moved = 16;

    /// <summary>The bytes of one entry.</summary>
    public const int EntrySize = sizeof(ulong) + Hash256.Size;

    /// <summary>
    /// How many of the oldest must move to a chunk, because the row has no room for them: what racers move is the same.
    /// </summary>
    internal int Overflow
    {
        get
        {
            var over = Packed.Length / EntrySize - Tail;
            return over <= 0 ? 0 : over <= Moved ? Moved : over + Moved;
        }
    }

    /// <summary>The least version that stands in the row; all before it stand in chunks.</summary>
    internal ulong First => Packed.IsEmpty ? ulong.MaxValue : Version(Packed.Span);

    /// <summary>The newest version; 0 where there is none.</summary>
    internal ulong Last => Packed.IsEmpty ? 0 : Version(Packed.Span[^EntrySize..]);

    /// <summary>The entries in the row with their versions.</summary>
    internal IReadOnlyList<(ulong Version, ReadOnlyMemory<byte> Entry)> Entries()
    {
        var entries = new List<(ulong, ReadOnlyMemory<byte>)>();
        for (var at = 0; at < Packed.Length; at += EntrySize)
            entries.Add((Version(Packed.Span[at..]), Packed.Slice(at, EntrySize)));
        return entries;
    }

    /// <summary>Whether a manifest stands in the row.</summary>
    internal bool Has(ulong version, Hash256 manifest)
    {
        for (var at = 0; at < Packed.Length; at += EntrySize)
            if (Is(Packed.Span[at..], version, manifest)) return true;
        return false;
    }

    /// <summary>Without the oldest entries, which have moved to a chunk.</summary>
    internal Trail MovedTo(Hash256 chunk, int moved) => new(chunk, Packed[(moved * EntrySize)..]);

    /// <summary>Without the entries of the row that come after a version; it must stand there.</summary>
    internal Trail UpTo(ulong version)
    {
        var end = 0;
        while (end < Packed.Length && Version(Packed.Span[end..]) <= version) end += EntrySize;
        return this with { Packed = Packed[..end] };
    }

    internal Trail Add(IReadOnlyList<ManifestPlace> manifests)
    {
        var packed = new byte[Packed.Length + manifests.Count * EntrySize];
        Packed.Span.CopyTo(packed);
        var rest = packed.AsSpan(Packed.Length);
        foreach (var (version, hash) in manifests)
        {
            BinaryPrimitives.WriteUInt64BigEndian(rest, version);
            hash.CopyTo(rest[sizeof(ulong)..]);
            rest = rest[EntrySize..];
        }

        return this with { Packed = packed };
    }

    /// <summary>Whether an entry is that of this manifest.</summary>
    internal static bool Is(ReadOnlySpan<byte> entry, ulong version, Hash256 manifest) =>
        Version(entry) == version && new Hash256(entry[sizeof(ulong)..EntrySize]) == manifest;

    /// <summary>An entry's manifest.</summary>
    internal static ManifestPlace Place(ReadOnlySpan<byte> entry) =>
        new(Version(entry), new Hash256(entry[sizeof(ulong)..EntrySize]));

    /// <summary>The version of an entry's manifest.</summary>
    internal static ulong Version(ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadUInt64BigEndian(entry);
}
