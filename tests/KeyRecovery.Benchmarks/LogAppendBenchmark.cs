using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Stores;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Hosting;
using Microsoft.Data.Sqlite;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// How fast the sequencer appends, against a bare loop that hashes and inserts the same batches; and how long after its
/// commit a leaf is published.
/// </summary>
internal static class LogAppendBenchmark
{
    private const int Batches = 16;
    private const int Leaves = Batches * LogHead.MaxBatch;
    private const int Rounds = 5;
    private const int Writers = 8;
    private const int CommitsEach = 60;

    // Mean pause of a writer: all together they commit 40 times a second.
    private const int MeanPause = 200;

    public static async Task RunAsync(Report report)
    {
        await AppendAsync(report);
        await PublishAsync(report);
    }

    private static async Task AppendAsync(Report report)
    {
        using var folder = new TempFolder();
        await using var world = await ErasureWorld.OpenAsync(folder["log"], hasLog: true);
        await world.Service.Log!.OpenAsync(default);
        using var store = new SqliteConnection($"Data Source={folder["bare.db"]}");
        store.Open();
        Execute(
            store,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE rows (id BLOB PRIMARY KEY, value BLOB)");
        var random = new TestRandom(16);
        var (passes, inserts) = (new List<Cost>(), new List<Cost>());
        // The first does not count.
        for (var round = 0; round <= Rounds; round++)
        {
            var leaves = await CommitAsync(world, random);
            passes.Add(await MeasureAsync(async () =>
            {
                if ((await world.Service.Log.PassAsync(default)).Appended != Leaves)
                    throw new InvalidOperationException("the pass appends what waits");
            }));
            inserts.Add(await MeasureAsync(() =>
            {
                foreach (var batch in leaves.Chunk(LogHead.MaxBatch)) Insert(store, batch);
                return Task.CompletedTask;
            }));
        }

        var (ours, bare) = (Median(passes), Median(inserts));
        report.Figure("leaves appended by the sequencer", Leaves / ours.Milliseconds * 1000);
        report.Figure("  a batch of 256", ours.Milliseconds / Batches, "ms");
        report.Figure("bare: hashed and inserted, the same batches", Leaves / bare.Milliseconds * 1000);
        report.Figure("  a batch of 256", bare.Milliseconds / Batches, "ms");
        report.Ratio("leaves appended / bare loop", bare.Milliseconds / ours.Milliseconds, 0.6);
        report.Ratio("  by processor time", bare.Processor / ours.Processor);
    }

    // Changes as commits leave them: a row that waits, and behind it the row that decided it.
    private static async Task<byte[][]> CommitAsync(ErasureWorld world, TestRandom random)
    {
        var leaves = new byte[Leaves][];
        for (var i = 0; i < Leaves; i++)
        {
            var id = ChangeId.Draw(1_700_000_000, random);
            leaves[i] = new AuditLeaf(
                1_700_000_000, AuditEvent.Committed, AuditRole.Device, new Hash256(random.Bytes(32)),
                new Hash256(random.Bytes(32)), PolicyStatement.Of(world).Hash).Encode();
            var decider = new RowKey(Table.Accounts, random.Bytes(16));
            await world.Data.WriteAsync(
                [
                    new OutboxRow(default, decider, 1, leaves[i]).Write(id),
                    new RowWrite.Create(decider, (byte[])[.. id.ToArray(), .. random.Bytes(700)]),
                ],
                default);
        }

        return leaves;
    }

    // A hash for each leaf and each node, a row for each leaf, a flush for each batch.
    private static void Insert(SqliteConnection store, byte[][] batch)
    {
        using var transaction = store.BeginTransaction();
        using var insert = store.CreateCommand();
        (insert.CommandText, insert.Transaction) = ("INSERT INTO rows VALUES ($id, $value)", transaction);
        var id = insert.Parameters.Add("$id", SqliteType.Blob);
        var value = insert.Parameters.Add("$value", SqliteType.Blob);
        Span<byte> node = stackalloc byte[65], hash = stackalloc byte[32];
        foreach (var leaf in batch)
        {
            (id.Value, value.Value) = (SHA256.HashData(leaf), leaf);
            SHA256.HashData(node, hash);
            insert.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    // Writers that pause; commits and leaves are matched by their number, as passes take what is committed.
    private static async Task PublishAsync(Report report)
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(
            folder["data"], 0, ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"),
            ("Apps:0:Audience", "demo"), ("Apps:0:Policy:CommitsPerDay", "1000000"));
        var requests = new List<List<byte[]>>();
        for (var i = 0; i < Writers; i++)
        {
            using var device = await PreparedDevice.CreateAsync(server, $"writer {i}");
            requests.Add(device.Commits(CommitsEach, 1024));
        }

        using var http = new HttpClient { BaseAddress = server.Address };
        // All that was made until now is published.
        await Task.Delay(TimeSpan.FromSeconds(3));
        var before = await SizeAsync(http);
        var (committed, published) = (new ConcurrentBag<long>(), new List<long>());
        var writing = Task.WhenAll(requests.ConvertAll(commits => WriteAsync(server, commits, committed)));
        for (var end = DateTime.UtcNow.AddMinutes(3); published.Count < Writers * CommitsEach; await Task.Delay(2))
        {
            if (DateTime.UtcNow > end) throw new TimeoutException("not every leaf is published");
            var size = await SizeAsync(http);
            var now = Stopwatch.GetTimestamp();
            while (published.Count < size - before) published.Add(now);
        }

        await writing;
        var waited = committed.Order()
            .Zip(published, (from, to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds).Order().ToList();
        report.Figure("from commit to published leaf, p50", waited[waited.Count / 2], "ms");
        report.Figure("  p99", waited[(int)(waited.Count * 0.99)], "ms");
    }

    private static async Task WriteAsync(ServerProcess server, List<byte[]> commits, ConcurrentBag<long> committed)
    {
        using var connection = await LoadConnection.OpenAsync(server.Address);
        foreach (var commit in commits)
        {
            await Task.Delay(RandomNumberGenerator.GetInt32(0, 2 * MeanPause));
            await connection.ExchangeAsync(commit, 200);
            committed.Add(Stopwatch.GetTimestamp());
        }
    }

    private static async Task<int> SizeAsync(HttpClient http) => int.Parse(
        (await http.GetStringAsync("/audit/checkpoint")).Split('\n')[1], CultureInfo.InvariantCulture);

    private static async Task<Cost> MeasureAsync(Func<Task> work)
    {
        var (watch, processor) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        await work();
        var used = Environment.CpuUsage.TotalTime - processor;
        return new Cost(watch.Elapsed.TotalMilliseconds, used.TotalMilliseconds);
    }

    private static Cost Median(List<Cost> costs) => new(
        Throughput.Median(costs.Skip(1).Select(c => c.Milliseconds)),
        Throughput.Median(costs.Skip(1).Select(c => c.Processor)));

    private static void Execute(SqliteConnection store, string sql)
    {
        using var command = store.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
