using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Log;

/// <summary>
/// Whole logs derived anew from tiles and bundles that were made by the definitions alone, and all that can be wrong
/// with one: refused, and the first leaf that is concerned is named.
/// </summary>
public sealed class LogWalkTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(512)]
    [InlineData(1000)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    public async Task A_log_over_the_borders_of_tiles_holds_and_each_leaf_is_told_in_order(int size)
    {
        var log = GrownLog.OfLeaves(size);
        var told = new List<byte[]>();
        var walk = new LogWalk(new MemoryLog(log.Files()), log.Size)
        {
            Trees = [log.Checkpoint],
            Leaf = (index, leaf) =>
            {
                Assert.Equal((ulong)told.Count, index);
                told.Add(leaf.Encode());
            },
        };

        Assert.Null(await walk.FindFaultAsync(default));
        Assert.Equal(log.Leaves, told);
    }

    [Fact]
    public async Task Every_size_and_every_tree_before_it_holds_also_in_files_that_have_grown()
    {
        var log = GrownLog.OfLeaves(600);
        var grown = log.Files();
        foreach (var size in new[] { 1, 5, 255, 256, 257, 400, 511, 512, 513, 599, 600 })
        {
            var now = new GrownLog(log.Leaves.Take(size));
            // What a part has grown to is there in full.
            var files = new Dictionary<string, byte[]>(now.Files());
            foreach (var (name, content) in grown) files.TryAdd(name, content);
            if (size < 512) files.Remove(TilePath.Tile(0, (ulong)size / 256, size % 256).ToString());
            var trees = Enumerable.Range(1, size).Where(at => at == size || at % 37 == 0)
                .Select(at => new Checkpoint(GrownLog.Origin, (ulong)at, log.Root(0, at))).Reverse();
            Assert.Null(await new LogWalk(new MemoryLog(files), (ulong)size) { Trees = [.. trees] }
                .FindFaultAsync(default));
        }
    }

    [Fact]
    public async Task Every_bit_of_each_tile_and_bundle_counts_and_the_leaf_is_named()
    {
        var log = GrownLog.OfLeaves(11);
        var files = log.Files();
        foreach (var (name, whole) in files)
            for (var bit = 0; bit < whole.Length * 8; bit++) await RefusesBitAsync(log, files, name, bit);
    }

    [Fact]
    public async Task Bits_of_a_log_of_three_levels_count_and_the_leaf_is_named()
    {
        var log = GrownLog.OfLeaves(700);
        var files = log.Files();
        Assert.Equal(7, files.Count);
        foreach (var (name, whole) in files)
        {
            var step = name.StartsWith("tile/1", StringComparison.Ordinal) ? 1 : 997;
            for (var bit = 0; bit < whole.Length * 8; bit += step) await RefusesBitAsync(log, files, name, bit);
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(257)]
    [InlineData(700)]
    public async Task Rows_that_are_cut_inserted_doubled_or_in_another_order_are_refused_and_named(int size)
    {
        var log = GrownLog.OfLeaves(size);
        var tried = 0;
        foreach (var (name, whole) in log.Files())
        {
            Assert.True(TilePath.TryParse(name, out var path));
            var rows = RowsOf(path, whole);
            var (first, weight) = FirstOf(path);
            var middle = rows.Length / 2;
            var other = rows[middle].ToArray();
            other[^1] ^= 1;
            List<(string What, byte[][]? Rows, LogFaultKind Kind, int At)> wrongs =
            [
                ("gone", null, LogFaultKind.Missing, 0),
                ("empty", [], LogFaultKind.Malformed, 0),
                ("the last cut", rows[..^1], LogFaultKind.Malformed, 0),
                ("one cut", [.. rows[..middle], .. rows[(middle + 1)..]], LogFaultKind.Malformed, 0),
                ("one inserted", [.. rows[..middle], other, .. rows[middle..]], LogFaultKind.Malformed, 0),
                ("one doubled", [.. rows[..middle], rows[middle], .. rows[middle..]], LogFaultKind.Malformed, 0),
                ("one appended", [.. rows, other], LogFaultKind.Malformed, 0),
                ("a byte cut", [.. rows[..^1], rows[^1][..^1]], LogFaultKind.Malformed, 0),
                ("a byte appended", [.. rows, [0]], LogFaultKind.Malformed, 0),
                ("one in another's place", [.. rows[..middle], other, .. rows[(middle + 1)..]], Other(path), middle),
            ];
            if (rows.Length > 1)
            {
                var last = rows.Length - 1;
                wrongs.Add(("two in the other order", [.. rows[..^2], rows[^1], rows[^2]], Other(path), last - 1));
                wrongs.Add(("the first for the last", [.. rows[..^1], rows[0]], Other(path), last));
            }

            foreach (var (what, changed, kind, at) in wrongs)
            {
                var files = log.Files();
                if (changed is null) files.Remove(name);
                else files[name] = [.. changed.SelectMany(row => row)];
                var fault = await WalkAsync(log, files);
                Assert.True(fault is not null, $"{name}: {what}");
                Assert.True(fault.Kind == kind && fault.Path == name, $"{name}: {what}: {fault}");
                Assert.Equal(first + (ulong)at * weight, fault.Index);
                Assert.InRange(fault.Last, fault.Index, log.Size - 1);
                tried++;
            }
        }

        Assert.True(tried > 20, $"{tried}");
    }

    [Fact]
    public async Task Whole_tiles_and_bundles_in_one_anothers_place_are_refused_and_named()
    {
        var log = GrownLog.OfLeaves(1024);
        foreach (var kind in new[] { "tile/0/", "tile/entries/" })
        {
            var files = log.Files();
            (files[kind + "001"], files[kind + "002"]) = (files[kind + "002"], files[kind + "001"]);
            var fault = await WalkAsync(log, files);
            Assert.Equal((LogFaultKind.OtherLeaf, kind + "001", 256UL), (fault!.Kind, fault.Path, fault.Index));
        }

        // Tiles and bundles together: the tile above knows.
        var both = log.Files();
        foreach (var kind in new[] { "tile/0/", "tile/entries/" })
            (both[kind + "001"], both[kind + "002"]) = (both[kind + "002"], both[kind + "001"]);
        var told = await WalkAsync(log, both);
        Assert.Equal(
            new LogFault(LogFaultKind.OtherNode, "tile/1/000.p/4", 256, 511), told);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(300)]
    public async Task A_leaf_that_is_changed_everywhere_is_named_as_near_as_checkpoints_tell(int size)
    {
        var log = GrownLog.OfLeaves(size);
        for (var at = 0; at < size; at += 1 + size / 11)
        {
            var other = GrownLog.OfLeaves(size + 1).Leaves[size];
            foreach (byte[][] leaves in (byte[][][])[
                [.. log.Leaves.Take(at), other, .. log.Leaves.Skip(at + 1)],
                [.. log.Leaves.Take(at), other, .. log.Leaves.Skip(at)],
                [.. log.Leaves.Take(at), .. log.Leaves.Skip(at + 1), other],
            ])
            {
                var forged = new GrownLog(leaves.Take(size)).Files();
                var fault = await WalkAsync(log, forged);
                Assert.Equal(new LogFault(LogFaultKind.OtherTree, "checkpoint", 0, log.Size - 1), fault);

                // Whoever knows the trees on both sides of it knows which.
                var trees = new[] { at, at + 1, size }
                    .Select(to => new Checkpoint(GrownLog.Origin, (ulong)to, log.Root(0, to)));
                fault = await new LogWalk(new MemoryLog(forged), log.Size) { Trees = [.. trees] }
                    .FindFaultAsync(default);
                Assert.Equal(
                    new LogFault(LogFaultKind.OtherTree, "checkpoint", (ulong)at, (ulong)at), fault);
            }
        }
    }

    [Fact]
    public async Task A_log_that_was_told_to_be_longer_is_refused()
    {
        var log = GrownLog.OfLeaves(300);
        var walk = new LogWalk(new MemoryLog(new GrownLog(log.Leaves.Take(290)).Files()), 290)
        {
            Trees = [log.Checkpoint, new Checkpoint(GrownLog.Origin, 290, log.Root(0, 290))],
        };
        Assert.Equal(
            new LogFault(LogFaultKind.Shorter, "checkpoint", 290, 299), await walk.FindFaultAsync(default));
    }

    [Fact]
    public async Task An_empty_log_has_one_tree()
    {
        var none = new MemoryLog([]);
        var wrong = new Checkpoint(GrownLog.Origin, 0, GrownLog.OfLeaves(1).Checkpoint.Root);
        Assert.Equal(LogFaultKind.OtherTree, (await LogWalk.To(wrong, none).FindFaultAsync(default))!.Kind);
    }

    [Fact]
    public async Task An_entry_that_is_no_leaf_or_one_of_tomorrow_is_named()
    {
        var log = GrownLog.OfLeaves(300);
        var newer = log.Leaves[0].ToArray();
        var version = 2 + Labels.AuditLeaf.Length + 1;
        Assert.Equal(1, newer[version]);
        newer[version] = 2;
        foreach (var (entry, kind) in new[]
        {
            (newer, LogFaultKind.NewerLeaf), ([], LogFaultKind.NotLeaf),
            ("\u001b[2J"u8.ToArray(), LogFaultKind.NotLeaf), ([.. log.Leaves[0], 0], LogFaultKind.NotLeaf),
            (new byte[300], LogFaultKind.NotLeaf),
        })
        {
            var leaves = new GrownLog([.. log.Leaves.Take(270), entry, .. log.Leaves.Skip(270)]);
            var told = 0UL;
            var walk = new LogWalk(new MemoryLog(leaves.Files()), leaves.Size)
            {
                Trees = [leaves.Checkpoint], Leaf = (index, _) => told = index,
            };
            Assert.Equal(
                new LogFault(kind, "tile/entries/001.p/45", 270, 270), await walk.FindFaultAsync(default));
            Assert.Equal(255UL, told);
        }
    }

    [Theory]
    [InlineData(1UL << 40)]
    [InlineData((1UL << 63) - 1)]
    public async Task A_size_that_nobody_has_is_refused_at_once(ulong size)
    {
        var log = GrownLog.OfLeaves(600);
        var walk = LogWalk.To(log.Checkpoint with { Size = size }, new MemoryLog(log.Files()));
        var fault = await walk.FindFaultAsync(default);
        Assert.Equal((LogFaultKind.Missing, 0UL), (fault!.Kind, fault.Index));
        Assert.True(fault.Last < 1UL << 63, fault.Message);
    }

    [Fact]
    public async Task What_is_wrong_first_is_told_first()
    {
        var log = GrownLog.OfLeaves(1024);
        var files = log.Files();
        files["tile/1/000.p/4"][2 * 32] ^= 1;
        files["tile/0/003"][0] ^= 1;
        Assert.Equal((512UL, 767UL), await RangeAsync());
        files["tile/entries/001"][300] ^= 1;
        var (first, last) = await RangeAsync();
        Assert.InRange(first, 256UL, 511UL);
        Assert.Equal(first, last);
        files.Remove("tile/entries/000");
        Assert.Equal((0UL, 255UL), await RangeAsync());

        async Task<(ulong, ulong)> RangeAsync()
        {
            var fault = await WalkAsync(log, files);
            return (fault!.Index, fault.Last);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task No_more_is_asked_at_once_than_was_said_and_what_a_source_throws_comes_through(int atOnce)
    {
        var log = GrownLog.OfLeaves(4000);
        var source = new MemoryLog(log.Files()) { Before = _ => Task.Delay(1) };
        Assert.Null(await new LogWalk(source, log.Size) { Trees = [log.Checkpoint], AtOnce = atOnce }
            .FindFaultAsync(default));
        // One more for the tile above.
        Assert.InRange(source.Most, atOnce > 1 ? 2 : 1, atOnce + 1);

        var broken = new MemoryLog(log.Files())
        {
            Before = name => name.EndsWith("007", StringComparison.Ordinal)
                ? throw new NotSupportedException("no way") : Task.CompletedTask,
        };
        await Assert.ThrowsAsync<NotSupportedException>(() =>
            new LogWalk(broken, log.Size) { AtOnce = atOnce }.FindFaultAsync(default).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new LogWalk(source, log.Size) { AtOnce = atOnce }.FindFaultAsync(new CancellationToken(true)).AsTask());
    }

    [Fact]
    public async Task Edges_and_proofs_come_from_tiles_as_from_the_definitions()
    {
        var log = GrownLog.OfLeaves(600);
        var reader = new LogReader(new MemoryLog(log.Files()));
        Assert.Equal(log.Checkpoint.Root, (await reader.EdgeAsync(600, default)).Root);
        Assert.True(await reader.HasAsync(600, default));
        for (var i = 0; i < 600; i += 7)
        {
            Assert.Equal(log.Inclusion(i), await reader.InclusionAsync((ulong)i, 600, default));
            var from = (ulong)i;
            var proof = await reader.ConsistencyAsync(from, 600, default);
            Assert.True(MerkleProof.VerifyConsistency(from, log.Root(0, i), 600, log.Checkpoint.Root, proof));
        }

        var some = await reader.EntriesAsync(250UL, 600UL, default).ToListAsync();
        Assert.Equal(350, some.Count);
        Assert.Equal(log.Leaves.Skip(250), some.Select(entry => entry.Entry.ToArray()));
        var wrong = await Assert.ThrowsAsync<LogFaultException>(() => reader.EdgeAsync(700, default).AsTask());
        Assert.Equal(new LogFault(LogFaultKind.Missing, "tile/0/002.p/188", 512, 699), wrong.Fault);
        Assert.Equal("tile/0/002.p/188 of the log is missing (leaves 512 to 699)", wrong.Message);
    }

    [Fact]
    public void Each_kind_has_a_sentence_of_its_own()
    {
        var told = Enum.GetValues<LogFaultKind>()
            .Select(kind => new LogFault(kind, "tile/0/000", 3, 3).Message).ToList();
        Assert.Equal(told.Count, told.Distinct().Count());
        Assert.All(told, message => Assert.EndsWith("(leaf 3)", message, StringComparison.Ordinal));
    }

    private static async Task RefusesBitAsync(GrownLog log, Dictionary<string, byte[]> files, string name, int bit)
    {
        var whole = files[name];
        var fault = await WalkAsync(log, new(files) { [name] = SignedNoteTests.Flip(whole, bit) });
        Assert.True(fault is not null, $"{name}, bit {bit}");
        Assert.True(TilePath.TryParse(name, out var path));
        var (first, weight) = FirstOf(path);
        // A length that is another one is a bundle that is none, or a leaf that is another.
        var (at, rest) = (0, bit / 8);
        foreach (var row in RowsOf(path, whole))
        {
            if (rest < row.Length) break;
            rest -= row.Length;
            at++;
        }

        var isLength = path.Level is null && rest < 2;
        Assert.True(fault.Path == name, $"{name}, bit {bit}: {fault}");
        Assert.InRange(fault.Index, isLength ? first : first + (ulong)at * weight, first + (ulong)at * weight);
    }

    private static async Task<LogFault?> WalkAsync(GrownLog log, Dictionary<string, byte[]> files) =>
        await LogWalk.To(log.Checkpoint, new MemoryLog(files)).FindFaultAsync(default);

    private static LogFaultKind Other(TilePath path) =>
        path.Level > 0 ? LogFaultKind.OtherNode : LogFaultKind.OtherLeaf;

    private static (ulong First, ulong Weight) FirstOf(TilePath path)
    {
        var weight = path.Level == 1 ? 256UL : 1;
        return (path.Number * 256 * weight, weight);
    }

    private static byte[][] RowsOf(TilePath path, byte[] whole)
    {
        if (path.Level is not null) return [.. whole.Chunk(32)];
        var rows = new List<byte[]>();
        for (var rest = whole; rest.Length > 0; rest = rest[rows[^1].Length..])
            rows.Add(rest[..(2 + (rest[0] << 8) + rest[1])]);
        return [.. rows];
    }
}
