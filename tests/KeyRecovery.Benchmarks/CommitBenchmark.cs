using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Testing.Hosting;
using Microsoft.Data.Sqlite;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// Durable commits through the API against bare serial WAL/FULL commits of the same bytes on the same disk.
/// </summary>
internal static class CommitBenchmark
{
    private const int ItemBytes = 8 * 1024;
    private const int Clients = 64;
    private const int PerClient = 100;
    private const int Alone = 400;

    // The server's code is compiled twice or thrice in its first thousands of requests: what is measured comes after
    // that.
    private const int WarmUpPerClient = 60;
    private const int WarmUpAlone = 200;
    private const int Rounds = 3;

    // What one such commit writes: a sealed item of 8,192 B (padded to 8,704), a manifest, an account row, a history
    // row.
    private static readonly int[] RowSizes = [8868, 1100, 700, 500];

    public static async Task RunAsync(Report report)
    {
        var (many, one, bare, times) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            using var folder = new TempFolder();
            await using var server = await ServerProcess.StartAsync(
                folder["data"], 0, ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"),
                ("Apps:0:Audience", "demo"), ("Apps:0:Policy:CommitsPerDay", "1000000"));
            var requests = new List<IReadOnlyList<byte[]>>();
            for (var i = 0; i < Clients; i++)
            {
                using var device = await PreparedDevice.CreateAsync(server, $"writer {i}");
                requests.Add(device.Commits(WarmUpPerClient + PerClient, ItemBytes));
            }
            using var single = await PreparedDevice.CreateAsync(server, "alone");
            var alone = single.Commits(WarmUpAlone + Alone, ItemBytes);

            await LoadTool.RunAsync(server.Address, [alone[..WarmUpAlone]], 200);
            await LoadTool.RunAsync(server.Address, [.. requests.Select(r => r.Take(WarmUpPerClient).ToList())], 200);
            bare.Add(Bare(folder["bare.db"]));
            var (rate, time) = await ServerTime.OfAsync(server, Clients * PerClient, () => LoadTool.RunAsync(
                server.Address, [.. requests.Select(r => r.Skip(WarmUpPerClient).ToList())], 200));
            many.Add(rate);
            times.Add(time);
            bare.Add(Bare(folder["bare2.db"]));
            one.Add(await LoadTool.RunAsync(server.Address, [alone[WarmUpAlone..]], 200));
        }
        var (commits, serial, bareRate) = (Throughput.Median(many), Throughput.Median(one), Throughput.Median(bare));
        report.Figure("durable commits through the API, 64 clients", commits);
        report.Figure("  the server's processor time for one", Throughput.Median(times), "µs");
        report.Figure("durable commits through the API, one client", serial);
        report.Figure("bare serial WAL/FULL commits of the same bytes", bareRate);
        report.Ratio("commits, 64 clients / bare serial commits", commits / bareRate, 0.9);
        report.Ratio("commits, one client / bare serial commits", serial / bareRate, 0.3);
    }

    private static double Bare(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path}");
        connection.Open();
        Execute(connection,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE rows (id BLOB PRIMARY KEY, value BLOB)");
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO rows VALUES ($id, $value)";
        var (id, value) = (insert.Parameters.Add("$id", SqliteType.Blob),
            insert.Parameters.Add("$value", SqliteType.Blob));
        var values = RowSizes.Select(RandomNumberGenerator.GetBytes).ToArray();
        const int Count = 1500;
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < Count; i++)
        {
            using var transaction = connection.BeginTransaction();
            insert.Transaction = transaction;
            foreach (var bytes in values)
            {
                (id.Value, value.Value) = (RandomNumberGenerator.GetBytes(48), bytes);
                insert.ExecuteNonQuery();
            }
            transaction.Commit();
        }
        return Count / watch.Elapsed.TotalSeconds;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
