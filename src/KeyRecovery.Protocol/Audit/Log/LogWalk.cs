using System.Collections.Immutable;
using System.Numerics;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>
/// Derives a whole log anew from what anybody may read: entries give the hashes of leaves, these the tiles, each tile
/// the one above it, and all of them the trees that checkpoints say. Memory does not grow with the log, but for one
/// tile a level.
/// </summary>
/// <param name="source">Where the log is.</param>
/// <param name="size">How many leaves are looked at.</param>
public sealed class LogWalk(ILogSource source, ulong size)
{
    private const int Width = TilePath.FullWidth;

    private readonly LogReader _reader = new(source);

    // The lowest is compared with the bundles, and never taken up here.
    private readonly Level[] _levels = [.. Enumerable.Range(0, LogReader.LevelsOf(size)).Select(_ => new Level())];

    // Up to which leaf the trees of checkpoints have come out.
    private ulong _proved;
    private int _compared;

    /// <summary>
    /// Checkpoints that were verified: the log must have had these trees. Where there is none of the whole size, its
    /// files are compared with one another alone.
    /// </summary>
    public ImmutableArray<Checkpoint> Trees { get; init => field = [.. value.OrderBy(tree => tree.Size)]; } = [];

    /// <summary>
    /// Is given each leaf in order, from 0 on, and none behind the first that is wrong. What it is given counts only
    /// once the walk has ended well. Default: nobody is.
    /// </summary>
    public Action<ulong, AuditLeaf>? Leaf { get; init; }

    /// <summary>How many bundles, each with its tile, are read at once; at least 1. Default: 4.</summary>
    public int AtOnce { get; init; } = 4;

    /// <summary>A walk of a log that must come to a checkpoint that was verified.</summary>
    public static LogWalk To(Checkpoint checkpoint, ILogSource source) =>
        new(source, checkpoint.Size) { Trees = [checkpoint] };

    /// <summary>Walks, once.</summary>
    /// <returns>What is wrong first; null where all holds.</returns>
    public async ValueTask<LogFault?> FindFaultAsync(CancellationToken ct)
    {
        if (Trees is [.., { Size: var longest }] && longest > size)
            return new LogFault(LogFaultKind.Shorter, LogFault.Checkpoint, size, longest - 1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var ahead = new Queue<Task<Bundle>>();
        try
        {
            if (Compare(0, []) is { } other) return other;
            for (var (number, asked) = (0UL, 0UL); LogReader.WidthOf(size, 0, number) > 0; number++)
            {
                for (; ahead.Count < AtOnce && LogReader.WidthOf(size, 0, asked) > 0; asked++)
                    ahead.Enqueue(Begin(asked, stop.Token));
                await EnterAsync(number, ct);
                if (Take(number, await ahead.Dequeue()) is { } fault) return fault;
            }

            return null;
        }
        catch (LogFaultException wrong)
        {
            return wrong.Fault;
        }
        finally
        {
            await stop.CancelAsync();
            // Nobody looks at these any more, nor at what becomes of them.
            await ((Task)Task.WhenAll(ahead)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task<Bundle> Begin(ulong number, CancellationToken ct) => Task.Run(
        async () =>
        {
            var width = LogReader.WidthOf(size, 0, number);
            var entries = await _reader.EntriesAsync(number, width, ct);
            return Bundle.Of(number, entries, await _reader.TileAsync(0, number, width, ct));
        },
        ct);

    // Reads the tiles above, where a bundle is the first below them.
    private async ValueTask EnterAsync(ulong number, CancellationToken ct)
    {
        for (var level = 1; level < _levels.Length; level++)
        {
            var height = LogReader.Height * level;
            if (number >> height << height != number) return;
            var width = LogReader.WidthOf(size, level, number >> height);
            _levels[level].Begin(
                TilePath.Tile(level, number >> height, width),
                width == 0 ? [] : await _reader.TileAsync(level, number >> height, width, ct));
        }
    }

    private LogFault? Take(ulong number, Bundle bundle)
    {
        if (bundle.Fault is { } fault)
            return fault.Kind == LogFaultKind.OtherLeaf && IsVouchedFor(bundle.Hashes)
                ? fault with { Path = TilePath.Entries(number, bundle.Hashes.Length).ToString() } : fault;
        if (Compare(number * Width, bundle.Hashes) is { } other) return other;
        for (var i = 0; i < bundle.Leaves.Length; i++) Leaf?.Invoke(number * Width + (ulong)i, bundle.Leaves[i]);
        var node = bundle.Root;
        for (var level = 1; node is { } hash; level++)
        {
            if (!_levels[level].TryAdd(hash, out node, out var wrong)) return wrong;
        }

        return null;
    }

    // Whether what stands above a tile of level 0 agrees with it: then its bundle is the one that was changed.
    private bool IsVouchedFor(ReadOnlySpan<Hash256> tile) => tile.Length == Width
        ? MerkleTree.Root(tile) == _levels[1].Next
        : Trees is [.., var last] && last.Size == size && Root(tile) == last.Root;

    // With the trees that end among some leaves.
    private LogFault? Compare(ulong before, ReadOnlySpan<Hash256> leaves)
    {
        for (; _compared < Trees.Length && Trees[_compared].Size <= before + (ulong)leaves.Length; _compared++)
        {
            var tree = Trees[_compared];
            if (Root(leaves[..(int)(tree.Size - before)]) != tree.Root)
                return new LogFault(
                    LogFaultKind.OtherTree, LogFault.Checkpoint, _proved, Math.Max(tree.Size, _proved + 1) - 1);
            _proved = tree.Size;
        }

        return null;
    }

    // Of all that was taken, and some leaves more.
    private Hash256 Root(ReadOnlySpan<Hash256> leaves)
    {
        var subtrees = new List<Hash256>();
        for (var level = _levels.Length - 1; level > 0; level--) AddSubtrees(subtrees, _levels[level].Taken);
        AddSubtrees(subtrees, leaves);
        return subtrees.Count == 0 ? MerkleEdge.Empty.Root : MerkleProof.Join(subtrees);
    }

    private static void AddSubtrees(List<Hash256> subtrees, ReadOnlySpan<Hash256> row)
    {
        for (var rest = row; !rest.IsEmpty;)
        {
            var width = 1 << BitOperations.Log2((uint)rest.Length);
            subtrees.Add(MerkleTree.Root(rest[..width]));
            rest = rest[width..];
        }
    }

    /// <summary>Entries, as they compare with their tile of level 0.</summary>
    private sealed record Bundle(Hash256[] Hashes, AuditLeaf[] Leaves, Hash256? Root, LogFault? Fault)
    {
        public static Bundle Of(ulong number, IReadOnlyList<ReadOnlyMemory<byte>> entries, Hash256[] tile)
        {
            var leaves = new AuditLeaf[tile.Length];
            for (var i = 0; i < tile.Length; i++)
            {
                if (MerkleTree.LeafHash(entries[i].Span) != tile[i])
                    return Wrong(LogFaultKind.OtherLeaf, TilePath.Tile(0, number, tile.Length), i, tile);
                try
                {
                    leaves[i] = AuditLeaf.Decode(entries[i]);
                }
                catch (WireFormatException)
                {
                    return Wrong(LogFaultKind.NotLeaf, TilePath.Entries(number, tile.Length), i);
                }
                catch (UpgradeRequiredException)
                {
                    return Wrong(LogFaultKind.NewerLeaf, TilePath.Entries(number, tile.Length), i);
                }
            }

            return new Bundle(tile, leaves, tile.Length == Width ? MerkleTree.Root(tile) : null, null);
        }

        private static Bundle Wrong(LogFaultKind kind, TilePath path, int place, params Hash256[] hashes) =>
            new(hashes, [], null, LogFault.At(kind, path, place));
    }

    /// <summary>A tile above level 0, and as much of it as was derived.</summary>
    private sealed class Level
    {
        private TilePath _path;
        private Hash256[] _tile = [];
        private int _taken;

        public ReadOnlySpan<Hash256> Taken => _tile.AsSpan(0, _taken);

        public Hash256 Next => _tile[_taken];

        public void Begin(TilePath path, Hash256[] tile) => (_path, _tile, _taken) = (path, tile, 0);

        /// <summary>Compares the next hash; a full tile gives the one above.</summary>
        public bool TryAdd(Hash256 hash, out Hash256? above, out LogFault? wrong)
        {
            (above, wrong) = (null, null);
            if (_tile[_taken] != hash)
            {
                wrong = LogFault.At(LogFaultKind.OtherNode, _path, _taken);
                return false;
            }

            if (++_taken < Width) return true;
            above = MerkleTree.Root(_tile);
            _taken = 0;
            return true;
        }
    }
}
