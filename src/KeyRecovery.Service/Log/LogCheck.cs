using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Log;

/// <summary>Reads a whole log: do its bundles give its tiles, and these one another?</summary>
internal sealed class LogCheck(LogTree tree)
{
    private const int Width = TilePath.FullWidth;
    private const int Height = 8;

    // The row that was read last: most of what is asked for stands in it.
    private (ulong Size, int Level, ulong Number) _known = (0, -1, 0);
    private IReadOnlyList<Hash256> _row = [];

    /// <summary>
    /// The first leaf from which on what lies in the files does not come out; null where all of it does. Memory does
    /// not depend on the log's size.
    /// </summary>
    /// <exception cref="Stores.StoreUnavailableException">The files cannot be read.</exception>
    public async ValueTask<ulong?> FindWrongAsync(ulong size, CancellationToken ct)
    {
        try
        {
            await foreach (var (index, leaf) in tree.LeavesAsync(0, size, ct))
            {
                var row = await RowAsync(size, 0, index / Width, ct);
                if (row[(int)(index % Width)] != MerkleTree.LeafHash(leaf.Span)) return index;
            }

            for (var level = 1; size >> (Height * level) > 0; level++)
            {
                var count = size >> (Height * level);
                for (var index = 0UL; index < count; index++)
                {
                    var below = await tree.TileAsync(level - 1, index, Width, ct);
                    var row = await RowAsync(size, level, index / Width, ct);
                    if (row[(int)(index % Width)] != MerkleTree.Root(below)) return index << (Height * level);
                }
            }

            return null;
        }
        catch (LogMismatchException mismatch)
        {
            return mismatch.Index;
        }
    }

    /// <summary>As the other method, where something is known to be wrong: at the latest the last leaf.</summary>
    public async ValueTask<ulong> FirstWrongAsync(ulong size, CancellationToken ct) =>
        await FindWrongAsync(size, ct) ?? (size == 0 ? 0 : size - 1);

    private async ValueTask<IReadOnlyList<Hash256>> RowAsync(
        ulong size, int level, ulong number, CancellationToken ct)
    {
        if (_known == (size, level, number)) return _row;
        _row = await tree.TileAsync(level, number, LogTree.WidthOf(size, level, number), ct);
        _known = (size, level, number);
        return _row;
    }
}
