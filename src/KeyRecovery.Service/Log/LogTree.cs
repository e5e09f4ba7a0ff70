using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Service.Log;

/// <summary>Writes the log's tree, as tiles and entry bundles.</summary>
internal sealed class LogTree(ILogFiles files)
{
    private const int Width = TilePath.FullWidth;

    private readonly LogReader _reader = new(files);

    /// <summary>
    /// Writes what leaves bring behind the first <paramref name="before"/> of them; what is there stays.
    /// </summary>
    /// <exception cref="LogFaultException">A tile that they continue is not there, or one of theirs is there and is
    /// another.</exception>
    /// <exception cref="Stores.StoreUnavailableException">The files cannot be read or written.</exception>
    public async ValueTask AppendAsync(ulong before, IReadOnlyList<ReadOnlyMemory<byte>> leaves, CancellationToken ct)
    {
        // The head decides what stands in a tile, and whoever else writes one writes the same.
        if (await WriteAsync(before, leaves, ct) is { } other)
            throw new LogFaultException(new LogFault(
                LogFaultKind.OtherTree, other, before, before + (ulong)leaves.Count - 1));
    }

    /// <summary>As <see cref="AppendAsync"/>; false where a tile of theirs is there and is another.</summary>
    public async ValueTask<bool> TryAppendAsync(
        ulong before, IReadOnlyList<ReadOnlyMemory<byte>> leaves, CancellationToken ct) =>
        await WriteAsync(before, leaves, ct) is null;

    private async ValueTask<string?> WriteAsync(
        ulong before, IReadOnlyList<ReadOnlyMemory<byte>> leaves, CancellationToken ct)
    {
        if (leaves.Count == 0) return null;
        var put = new List<(TilePath Path, byte[] Content)>();
        await AddBundlesAsync(put, before, leaves, ct);
        IReadOnlyList<Hash256> hashes = [.. leaves.Select(leaf => MerkleTree.LeafHash(leaf.Span))];
        for (var (level, first) = (0, before); hashes.Count > 0; level++, first /= Width)
            hashes = await AddTilesAsync(put, level, first, hashes, ct);
        if (await files.PutAsync([.. put.Select(file => new LogFile(file.Path.ToString(), file.Content))], ct)
            is { } other) return other;
        foreach (var (path, _) in put.Where(file => file.Path.Width == Width))
            await files.DropPartsAsync(path.ToString(), ct);
        return null;
    }

    private async ValueTask AddBundlesAsync(
        List<(TilePath, byte[])> put, ulong before, IReadOnlyList<ReadOnlyMemory<byte>> leaves, CancellationToken ct)
    {
        var (number, offset) = (before / Width, (int)(before % Width));
        List<ReadOnlyMemory<byte>> bundle = offset == 0 ? [] : [.. await _reader.EntriesAsync(number, offset, ct)];
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
        List<Hash256> row = offset == 0 ? [] : [.. await _reader.TileAsync(level, number, offset, ct)];
        foreach (var hash in hashes)
        {
            row.Add(hash);
            if (row.Count < Width) continue;
            put.Add((TilePath.Tile(level, number++, Width), Encode(row)));
            above.Add(MerkleTree.Root([.. row]));
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
