using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>
/// Reads a log as it lies in tiles and bundles of entries (C2SP tlog-tiles). A part that is not there is looked for in
/// the full tile or bundle that it has grown to. What is read is compared with nothing: <see cref="LogWalk"/> does.
/// </summary>
/// <param name="source">Where they are.</param>
public sealed class LogReader(ILogSource source)
{
    /// <summary>The largest file in bytes, a bundle of leaves: 66,048.</summary>
    public const int MaxFile = TilePath.FullWidth * (sizeof(ushort) + AuditLeaf.MaxSize);

    /// <summary>How many levels of the tree a tile spans: 8.</summary>
    public const int Height = 8;

    private const ulong Width = TilePath.FullWidth;

    // Shifts count up to 63.
    private const int MaxLevels = 8;

    /// <summary>How many hashes a tile has in a tree of a size; of level 0 as many as a bundle has entries.</summary>
    /// <returns>0 to 256.</returns>
    public static int WidthOf(ulong size, int level, ulong number)
    {
        var (count, before) = (size >> (Height * level), number * Width);
        return count <= before ? 0 : (int)Math.Min(Width, count - before);
    }

    /// <summary>How many levels of tiles a tree of a size has: 0 to 8.</summary>
    public static int LevelsOf(ulong size)
    {
        var levels = 0;
        while (levels < MaxLevels && size >> (Height * levels) > 0) levels++;
        return levels;
    }

    /// <summary>The first hashes of a tile.</summary>
    /// <param name="level">Its level.</param>
    /// <param name="number">Its number.</param>
    /// <param name="width">How many.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="LogFaultException">It is not there, or is none.</exception>
    public async ValueTask<Hash256[]> TileAsync(int level, ulong number, int width, CancellationToken ct)
    {
        var (path, content) = await ReadAsync(TilePath.Tile(level, number, width), ct);
        if (content.Length != path.Width * Hash256.Size) throw Malformed(path);
        var row = new Hash256[width];
        for (var i = 0; i < width; i++) row[i] = new Hash256(content.AsSpan(i * Hash256.Size, Hash256.Size));
        return row;
    }

    /// <summary>The first entries of a bundle.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="width">How many.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="LogFaultException">It is not there, or is none.</exception>
    public async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> EntriesAsync(
        ulong number, int width, CancellationToken ct)
    {
        var (path, content) = await ReadAsync(TilePath.Entries(number, width), ct);
        if (!EntryBundle.TryDecode(content, out var entries) || entries.Count != path.Width) throw Malformed(path);
        return path.Width == width ? entries : [.. entries.Take(width)];
    }

    /// <summary>Entries from one number up to the end of a tree of a size.</summary>
    /// <exception cref="LogFaultException">A bundle is not there, or is none.</exception>
    public async IAsyncEnumerable<(ulong Index, ReadOnlyMemory<byte> Entry)> EntriesAsync(
        ulong from, ulong size, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var number = from / Width; WidthOf(size, 0, number) is > 0 and var width; number++)
        {
            var entries = await EntriesAsync(number, width, ct);
            for (var at = 0; at < entries.Count; at++)
                if (number * Width + (ulong)at is var index && index >= from) yield return (index, entries[at]);
        }
    }

    /// <summary>Whether the last leaf of the tree of a size is there, in tile and bundle.</summary>
    public async ValueTask<bool> HasAsync(ulong size, CancellationToken ct)
    {
        if (size == 0) return true;
        var number = (size - 1) / Width;
        var width = WidthOf(size, 0, number);
        return await FindAsync(TilePath.Tile(0, number, width), ct) is not null
            && await FindAsync(TilePath.Entries(number, width), ct) is not null;
    }

    /// <summary>The right edge of the tree of a size.</summary>
    /// <exception cref="LogFaultException">A tile is not there, or is none.</exception>
    public async ValueTask<MerkleEdge> EdgeAsync(ulong size, CancellationToken ct)
    {
        var nodes = new List<MerkleNode>();
        for (var (start, left) = (0UL, size); left > 0;)
        {
            var height = BitOperations.Log2(left);
            nodes.Add(new MerkleNode(height, start >> height));
            (start, left) = (start + (1UL << height), left - (1UL << height));
        }

        return MerkleEdge.Of(size, [.. await HashesAsync(size, nodes, [], ct)]);
    }

    /// <summary>The proof that a leaf is in the tree of a size.</summary>
    /// <param name="index">The leaf, below <paramref name="size"/>.</param>
    /// <param name="size">The size.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="LogFaultException">A tile is not there, or is none.</exception>
    public ValueTask<ImmutableArray<Hash256>> InclusionAsync(ulong index, ulong size, CancellationToken ct) =>
        ProofAsync(size, MerkleProof.Inclusion(index, size), ct);

    /// <summary>The proof that the tree of a size goes on from that of a smaller one.</summary>
    /// <param name="from">The smaller size; of 0 nothing is to be proved.</param>
    /// <param name="size">The size, at least <paramref name="from"/>.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="LogFaultException">A tile is not there, or is none.</exception>
    public ValueTask<ImmutableArray<Hash256>> ConsistencyAsync(ulong from, ulong size, CancellationToken ct) =>
        ProofAsync(size, from == 0 ? [] : MerkleProof.Consistency(from, size), ct);

    private async ValueTask<ImmutableArray<Hash256>> ProofAsync(
        ulong size, IReadOnlyList<IReadOnlyList<MerkleNode>> proof, CancellationToken ct)
    {
        var rows = new Dictionary<TilePath, Hash256[]>();
        var hashes = ImmutableArray.CreateBuilder<Hash256>(proof.Count);
        foreach (var nodes in proof) hashes.Add(MerkleProof.Join(await HashesAsync(size, nodes, rows, ct)));
        return hashes.MoveToImmutable();
    }

    // A tile is read once, however many of the nodes lie in it.
    private async ValueTask<IReadOnlyList<Hash256>> HashesAsync(
        ulong size, IReadOnlyList<MerkleNode> nodes, Dictionary<TilePath, Hash256[]> rows, CancellationToken ct)
    {
        var hashes = new List<Hash256>(nodes.Count);
        foreach (var (height, index) in nodes)
        {
            var (level, rest) = (height / Height, height % Height);
            var first = index << rest;
            var number = first / Width;
            var path = TilePath.Tile(level, number, WidthOf(size, level, number));
            if (!rows.TryGetValue(path, out var row))
                rows[path] = row = await TileAsync(level, number, path.Width, ct);
            hashes.Add(MerkleTree.Root(row.AsSpan((int)(first % Width), 1 << rest)));
        }

        return hashes;
    }

    private async ValueTask<(TilePath Path, byte[] Content)> ReadAsync(TilePath path, CancellationToken ct) =>
        await FindAsync(path, ct) ?? throw new LogFaultException(LogFault.Of(LogFaultKind.Missing, path));

    // The part that is asked for, or what has grown of it.
    private async ValueTask<(TilePath Path, byte[] Content)?> FindAsync(TilePath path, CancellationToken ct)
    {
        if (await source.GetAsync(path.ToString(), ct) is { } content) return (path, content);
        var full = path with { Width = TilePath.FullWidth };
        return full != path && await source.GetAsync(full.ToString(), ct) is { } grown ? (full, grown) : null;
    }

    private static LogFaultException Malformed(TilePath path) => new(LogFault.Of(LogFaultKind.Malformed, path));
}
