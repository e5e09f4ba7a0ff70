using System.Collections.Immutable;
using System.Numerics;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Log;

/// <summary>The tree of the log as it lies in tiles and entry bundles.</summary>
internal sealed class LogTree(ILogFiles files)
{
    private const int Width = TilePath.FullWidth;
    private const int Height = 8;

    /// <summary>
    /// Writes what leaves bring behind the first <paramref name="before"/> of them; what is there stays.
    /// </summary>
    /// <exception cref="LogMismatchException">A tile that they continue is not there.</exception>
    /// <exception cref="Stores.StoreUnavailableException">The files cannot be read or written.</exception>
    public async ValueTask AppendAsync(ulong before, IReadOnlyList<ReadOnlyMemory<byte>> leaves, CancellationToken ct)
    {
        if (leaves.Count == 0) return;
        var put = new List<(TilePath Path, byte[] Content)>();
        await AddBundlesAsync(put, before, leaves, ct);
        IReadOnlyList<Hash256> hashes = [.. leaves.Select(leaf => MerkleTree.LeafHash(leaf.Span))];
        for (var (level, first) = (0, before); hashes.Count > 0; level++, first /= Width)
            hashes = await AddTilesAsync(put, level, first, hashes, ct);
        await files.PutAsync([.. put.Select(file => new LogFile(file.Path.ToString(), file.Content))], ct);
        foreach (var (path, _) in put.Where(file => file.Path.Width == Width))
            await files.DropPartsAsync(path.ToString(), ct);
    }

    /// <summary>Whether the last leaf of a tree of a size is there, in tile and bundle.</summary>
    /// <exception cref="Stores.StoreUnavailableException">The files cannot be read.</exception>
    public async ValueTask<bool> HasAsync(ulong size, CancellationToken ct)
    {
        if (size == 0) return true;
        var number = (size - 1) / Width;
        var width = WidthOf(size, 0, number);
        return await FindAsync(TilePath.Tile(0, number, width), ct) is not null
            && await FindAsync(TilePath.Entries(number, width), ct) is not null;
    }

    /// <summary>The right edge of the tree of a size, from the tiles.</summary>
    /// <exception cref="LogMismatchException">A tile is not there.</exception>
    /// <exception cref="Stores.StoreUnavailableException">The files cannot be read.</exception>
    public async ValueTask<MerkleEdge> EdgeAsync(ulong size, CancellationToken ct)
    {
        var hashes = ImmutableArray.CreateBuilder<Hash256>();
        var start = 0UL;
        for (var left = size; left > 0;)
        {
            var height = BitOperations.Log2(left);
            hashes.Add(await NodeAsync(size, height, start >> height, ct));
            start += 1UL << height;
            left -= 1UL << height;
        }

        return MerkleEdge.Of(size, hashes.ToImmutable());
    }

    /// <summary>Leaves from one number up to another, from the bundles of a tree of a size.</summary>
    /// <exception cref="LogMismatchException">A bundle is not there, or is none.</exception>
    /// <exception cref="Stores.StoreUnavailableException">The files cannot be read.</exception>
    public async IAsyncEnumerable<(ulong Index, ReadOnlyMemory<byte> Leaf)> LeavesAsync(
        ulong from, ulong size, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        for (var number = from / Width; number * Width < size; number++)
        {
            var leaves = await BundleAsync(number, WidthOf(size, 0, number), ct);
            for (var at = 0; at < leaves.Count; at++)
                if (number * Width + (ulong)at is var index && index >= from) yield return (index, leaves[at]);
        }
    }

    /// <summary>The hash of a tile's row of a level, at least <paramref name="width"/> of them.</summary>
    public async ValueTask<IReadOnlyList<Hash256>> TileAsync(int level, ulong number, int width, CancellationToken ct)
    {
        var (path, first) = (TilePath.Tile(level, number, width), number << (Height * (level + 1)));
        var content = await FindAsync(path, ct) ?? throw LogMismatchException.Missing(path, first);
        if (content.Length < width * Hash256.Size || content.Length % Hash256.Size != 0)
            throw LogMismatchException.Damaged(path, first);
        return [
            .. Enumerable.Range(0, width)
                .Select(i => new Hash256(content.AsSpan(i * Hash256.Size, Hash256.Size))),
        ];
    }

    private async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> BundleAsync(
        ulong number, int width, CancellationToken ct)
    {
        var path = TilePath.Entries(number, width);
        var content = await FindAsync(path, ct) ?? throw LogMismatchException.Missing(path, number * Width);
        if (!EntryBundle.TryDecode(content, out var leaves) || leaves.Count < width)
            throw LogMismatchException.Damaged(path, number * Width);
        return [.. leaves.Take(width)];
    }

    // The part that is asked for, or what has grown of it.
    private async ValueTask<byte[]?> FindAsync(TilePath path, CancellationToken ct) =>
        await files.GetAsync(path.ToString(), ct)
        ?? (path.Width < Width ? await files.GetAsync((path with { Width = Width }).ToString(), ct) : null);

    private async ValueTask<Hash256> NodeAsync(ulong size, int height, ulong index, CancellationToken ct)
    {
        var (level, rest) = (height / Height, height % Height);
        var first = index << rest;
        var number = first / Width;
        var row = await TileAsync(level, number, WidthOf(size, level, number), ct);
        return MerkleTree.Root([.. row.Skip((int)(first % Width)).Take(1 << rest)]);
    }

    internal static int WidthOf(ulong size, int level, ulong number) =>
        (int)Math.Min(Width, (size >> (Height * level)) - number * Width);

    private async ValueTask AddBundlesAsync(
        List<(TilePath, byte[])> put, ulong before, IReadOnlyList<ReadOnlyMemory<byte>> leaves, CancellationToken ct)
    {
        var (number, offset) = (before / Width, (int)(before % Width));
        List<ReadOnlyMemory<byte>> bundle = offset == 0 ? [] : [.. await BundleAsync(number, offset, ct)];
        foreach (var leaf in leaves)
        {
            bundle.Add(leaf);
            if (bundle.Count < Width) continue;
            put.Add((TilePath.Entries(number++, Width), EntryBundle.Encode(bundle)));
            bundle = [];
        }

        if (bundle.Count > 0) put.Add((TilePath.Entries(number, bundle.Count), EntryBundle.Encode(bundle)));
    }

    private async ValueTask<IReadOnlyList<Hash256>> AddTilesAsync(
        List<(TilePath, byte[])> put, int level, ulong first, IReadOnlyList<Hash256> hashes, CancellationToken ct)
    {
        var (number, offset, above) = (first / Width, (int)(first % Width), new List<Hash256>());
        List<Hash256> row = offset == 0 ? [] : [.. await TileAsync(level, number, offset, ct)];
        foreach (var hash in hashes)
        {
            row.Add(hash);
            if (row.Count < Width) continue;
            put.Add((TilePath.Tile(level, number++, Width), Encode(row)));
            above.Add(MerkleTree.Root(row));
            row = [];
        }

        if (row.Count > 0) put.Add((TilePath.Tile(level, number, row.Count), Encode(row)));
        return above;
    }

    private static byte[] Encode(List<Hash256> row)
    {
        var bytes = new byte[row.Count * Hash256.Size];
        for (var i = 0; i < row.Count; i++) row[i].CopyTo(bytes.AsSpan(i * Hash256.Size));
        return bytes;
    }
}
