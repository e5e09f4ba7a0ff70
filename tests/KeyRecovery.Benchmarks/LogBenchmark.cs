using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Log;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// A log of a million leaves: verified as an auditor does, from its folder, against one bare SHA-256 call a leaf and a
/// node; and opened by a server that starts, against an empty one.
/// </summary>
internal static class LogBenchmark
{
    private const int Leaves = 1_000_000;
    private const int Starts = 9;

    public static async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        var head = await FillAsync(folder["full"]);
        Verify(report, Path.Combine(folder["full"], "log"), new Checkpoint(head.Origin, head.Size, head.Edge.Root));
        await StartAsync(report, folder["full"], folder["empty"]);
    }

    private static void Verify(Report report, string path, Checkpoint checkpoint)
    {
        using var files = new LogFolder(path);
        var (walked, bare) = SideBySide.Compare(
            () => Walk(files, checkpoint, 4), () => Bare((int)checkpoint.Size));
        report.Figure($"{Leaves:N0} leaves verified", walked.Milliseconds, "ms");
        report.Figure("  of all processors", walked.Processor, "ms");
        report.Figure("  bare: a hash for each leaf and node, one thread", bare.Milliseconds, "ms");
        report.Ratio("bare hashes / verification", bare.Milliseconds / walked.Milliseconds, 0.6);
        var (one, other) = SideBySide.Compare(
            () => Walk(files, checkpoint, 1), () => Bare((int)checkpoint.Size));
        report.Ratio("  one bundle at a time", other.Milliseconds / one.Milliseconds);
        var (tenth, all) = (Peak(files, checkpoint, Leaves / 10), Peak(files, checkpoint, Leaves));
        report.Figure("  memory that is held, after a tenth of them", tenth / 1048576.0, "MiB");
        report.Figure("  the most until the end", all / 1048576.0, "MiB");
    }

    private static void Walk(LogFolder files, Checkpoint checkpoint, int atOnce)
    {
        var walk = new LogWalk(files, checkpoint.Size) { Trees = [checkpoint], AtOnce = atOnce };
        if (walk.FindFaultAsync(default).AsTask().GetAwaiter().GetResult() is { } fault)
            throw new InvalidOperationException(fault.Message);
    }

    private static void Bare(int leaves)
    {
        Span<byte> leaf = stackalloc byte[1 + 120], node = stackalloc byte[65], hash = stackalloc byte[32];
        for (var i = 0; i < leaves; i++) SHA256.HashData(leaf, hash);
        for (var i = 1; i < leaves; i++) SHA256.HashData(node, hash);
    }

    // What is held when all garbage is gone, asked for a few times on the way.
    private static long Peak(LogFolder files, Checkpoint checkpoint, ulong until)
    {
        var (most, before) = (0L, GC.GetTotalMemory(forceFullCollection: true));
        var walk = new LogWalk(files, checkpoint.Size)
        {
            Trees = [checkpoint],
            Leaf = (index, _) =>
            {
                if (index <= until && index % 50_000 == 0) most = Math.Max(most, GC.GetTotalMemory(true) - before);
            },
        };
        walk.FindFaultAsync(default).AsTask().GetAwaiter().GetResult();
        return most;
    }

    private static async Task StartAsync(Report report, string full, string empty)
    {
        var watch = Stopwatch.StartNew();
        // What the data store lacks is read back once; and code is compiled.
        foreach (var folder in new[] { full, empty }) await OpenAsync(folder);
        report.Figure($"{Leaves:N0} places read back into the data store", watch.Elapsed.TotalSeconds, "s");
        var (ofFull, ofEmpty) = (new List<(double Log, double All)>(), new List<(double Log, double All)>());
        for (var i = 0; i < Starts; i++)
        {
            ofFull.Add(await OpenAsync(full));
            ofEmpty.Add(await OpenAsync(empty));
        }

        var (log, bare) = (Throughput.Median(ofFull.Select(t => t.Log)), Throughput.Median(ofEmpty.Select(t => t.Log)));
        report.Figure("the log opened at a start", log, "ms");
        report.Figure("  an empty one", bare, "ms");
        report.AtMost("  ratio", log / bare, "", 1.5);
        report.AtMost(
            "  with the stores below it",
            Throughput.Median(ofFull.Select(t => t.All)) / Throughput.Median(ofEmpty.Select(t => t.All)), "", 1.5);
    }

    private static async Task<(double Log, double All)> OpenAsync(string folder)
    {
        var all = Stopwatch.StartNew();
        await using var world = await ErasureWorld.OpenAsync(folder, hasLog: true);
        var log = Stopwatch.StartNew();
        await world.Service.Log!.OpenAsync(default);
        return (log.Elapsed.TotalMilliseconds, all.Elapsed.TotalMilliseconds);
    }

    // A log as it lies after as many changes, with its last batch in the head.
    private static async Task<LogHead> FillAsync(string folder)
    {
        await using var world = await ErasureWorld.OpenAsync(folder, hasLog: true);
        var tree = new LogTree(new BareFiles(Path.Combine(folder, "log")));
        var (random, edge) = (new TestRandom(15), MerkleEdge.Empty);
        BatchLeaf[] last = [];
        for (var done = 0; done < Leaves; done += last.Length)
        {
            last = [.. Enumerable.Range(done, Math.Min(LogHead.MaxBatch, Leaves - done)).Select(i => new BatchLeaf(
                new RowKey(Table.Outbox, random.Bytes(16)),
                new AuditLeaf(
                    1_700_000_000UL + (ulong)i / 10, AuditEvent.Committed, AuditRole.Device,
                    new Hash256(random.Bytes(32)), new Hash256(random.Bytes(32)), Hash256.Of([])).Encode()))];
            await tree.AppendAsync((ulong)done, [.. last.Select(leaf => leaf.Leaf)], default);
            foreach (var leaf in last) edge = edge.Append(MerkleTree.LeafHash(leaf.Leaf.Span));
        }

        using var keys = world.Secrets.LogKeys();
        var key = keys.Signing[0];
        var origin = Sequencer.DefaultOrigin(key.PublicKey);
        var note = new Checkpoint(origin, edge.Size, edge.Root).Sign(key).Encode();
        var verifier = NoteKey.Of(origin, NoteSignatureType.Ed25519, key.PublicKey).ToString();
        var told = new ToldOfItself(
            PolicyStatement.Of(world).Hash, Hash256.Of(System.Text.Encoding.UTF8.GetBytes(verifier)), []);
        var head = new LogHead(origin, edge, note, told, [.. last]);
        await world.Keys.WriteAsync([new RowWrite.Create(LogHead.Place, head.Encode())], default);
        return head;
    }

    /// <summary>A folder of the log that is not flushed: made once, for a measurement.</summary>
    private sealed class BareFiles(string root) : ILogFiles
    {
        public async ValueTask<string?> PutAsync(IReadOnlyList<LogFile> files, CancellationToken ct)
        {
            foreach (var (name, content) in files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, name))!);
                await File.WriteAllBytesAsync(Path.Combine(root, name), content, ct);
            }

            return null;
        }

        public async ValueTask<byte[]?> GetAsync(string name, CancellationToken ct) =>
            File.Exists(Path.Combine(root, name))
                ? await File.ReadAllBytesAsync(Path.Combine(root, name), ct) : null;

        public ValueTask DropPartsAsync(string name, CancellationToken ct)
        {
            if (Directory.Exists(Path.Combine(root, name) + ".p"))
                Directory.Delete(Path.Combine(root, name) + ".p", recursive: true);
            return default;
        }

        public ValueTask RetireAsync(CancellationToken ct) => throw new NotSupportedException();

        public ValueTask<byte[]?> CheckpointAsync(CancellationToken ct) => throw new NotSupportedException();

        public ValueTask<bool> PublishAsync(
            ReadOnlyMemory<byte> note, Func<byte[]?, bool> follows, CancellationToken ct) =>
            throw new NotSupportedException();

        public ValueTask<byte[]?> SignedAsync(CancellationToken ct) => throw new NotSupportedException();

        public ValueTask<bool> KeepSignedAsync(
            ReadOnlyMemory<byte> note, Func<byte[]?, bool> follows, CancellationToken ct) =>
            throw new NotSupportedException();
    }
}
