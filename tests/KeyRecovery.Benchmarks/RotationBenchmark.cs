using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Service;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Rotation;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Service.Telemetry;
using KeyRecovery.Storage.Files.Ring;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Testing.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// Re-wraps against bare open, seal and update; how long the writer is held; commits and guesses meanwhile.
/// </summary>
internal static class RotationBenchmark
{
    private const int Rows = 40_000;
    private const int Rounds = 3;
    private const int Clients = 4;
    private const int PerClient = 1000;

    public static async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        var (rewraps, bare, held) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var (rate, holds) = await RewrapAsync(folder[$"{round}"]);
            rewraps.Add(rate);
            held.AddRange(holds);
            bare.Add(Bare(folder[$"bare{round}.db"]));
        }
        var (moved, updates) = (Throughput.Median(rewraps), Throughput.Median(bare));
        report.Figure($"rows re-wrapped, of {Rows:N0}", moved);
        report.Figure($"bare open, seal and update, {RewrapPass.SliceRows} a transaction", updates);
        report.Ratio("re-wraps / bare open, seal and update", moved / updates, 0.5);
        held.Sort();
        report.Figure("median hold of the key store's write lock", Throughput.Median(held), "ms");
        report.Figure("p99 of the holds", held[(int)(held.Count * 0.99)], "ms");
        report.AtMost("longest hold of the key store's write lock", held[^1], " ms", 20);

        await LatenciesAsync(report, folder["server"]);
    }

    private static async Task<(double Rate, List<double> HoldsMs)> RewrapAsync(string folder)
    {
        await using var pair = await FillAsync(folder);
        using var root = FileRootKey.Open(Path.Combine(folder, "ring"), SystemRandom.Instance, false);
        using var ring = FileKekRing.Open(
            Path.Combine(folder, "ring"), root, SystemRandom.Instance, TimeProvider.System, false);
        using var rotation = new KekRotation(
            pair.Keys, TableRegistry.Default, ring, SystemRandom.Instance, TimeProvider.System);

        var holds = new List<double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == ServiceMeter.Name && instrument.Name == "keyrecovery.store.held")
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => holds.Add(value));
        listener.Start();
        var watch = Stopwatch.StartNew();
        if (await rotation.RunAsync(true, null, default) is not RotationOutcome.Done { Rewrapped: Rows })
            throw new InvalidOperationException();
        return (Rows / watch.Elapsed.TotalSeconds, holds);
    }

    // Rows as accounts have them, in an order that is not that of their ids.
    private static async Task<SqliteStorePair> FillAsync(string folder)
    {
        var pair = await SqliteStorePair.OpenAsync(
            Path.Combine(folder, "stores", "data.db"), Path.Combine(folder, "keys", "keys.db"), SystemRandom.Instance,
            new ServerClock(TimeProvider.System), NullLoggerFactory.Instance);
        var ringFolder = Path.Combine(folder, "ring");
        using var root = FileRootKey.Open(ringFolder, SystemRandom.Instance, !Directory.Exists(ringFolder));
        using var ring = FileKekRing.Open(ringFolder, root, SystemRandom.Instance, TimeProvider.System,
            !File.Exists(Path.Combine(ringFolder, FileKekRing.FileName)));
        foreach (var part in Enumerable.Range(0, Rows).Chunk(1000))
        {
            await pair.Keys.WriteAsync([.. part.Select(_ =>
            {
                var key = new RowKey(Table.KeyRows, RandomNumberGenerator.GetBytes(32));
                var wrapped = KekBox.Wrap(ring.Current, key, RandomNumberGenerator.GetBytes(32), SystemRandom.Instance);
                return new RowWrite.Create(
                    key, new KeyRow(KeyRowState.Live, ring.Current.Id, wrapped, null, 1_760_000_000).Encode());
            })], default);
        }
        return pair;
    }

    // The same rows, statements and pragmas, and nothing around them.
    private static double Bare(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        Execute(connection,
            "PRAGMA page_size=4096; PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA; PRAGMA secure_delete=ON; "
            + "PRAGMA cache_size=-16384");
        Execute(connection,
            "CREATE TABLE rows (version INTEGER NOT NULL, written_hour INTEGER NOT NULL, id BLOB NOT NULL UNIQUE, "
            + "value BLOB NOT NULL)");
        var (from, to) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(32));
        var ids = Enumerable.Range(0, Rows).Select(_ => RandomNumberGenerator.GetBytes(32)).ToList();
        using var insert = Command(connection, "INSERT INTO rows VALUES (1, 1, $id, $value)");
        using (var transaction = connection.BeginTransaction())
        {
            insert.Transaction = transaction;
            foreach (var id in ids) Run(insert, id, Box(from, id, RandomNumberGenerator.GetBytes(32)));
            transaction.Commit();
        }

        using var read = connection.CreateCommand();
        read.CommandText = "SELECT id, value FROM rows ORDER BY id";
        var rows = new List<(byte[] Id, byte[] Value)>();
        using (var reader = read.ExecuteReader())
            while (reader.Read()) rows.Add(((byte[])reader[0], (byte[])reader[1]));
        using var update = Command(
            connection, "UPDATE rows SET version = 2, written_hour = 2, value = $value WHERE id = $id");
        var secret = new byte[32];
        var watch = Stopwatch.StartNew();
        foreach (var slice in rows.Chunk(RewrapPass.SliceRows))
        {
            using var transaction = connection.BeginTransaction();
            update.Transaction = transaction;
            foreach (var (id, value) in slice)
            {
                if (!Protocol.Primitives.SecretBox.TryOpen(from, id, value.AsSpan(0, 72), secret))
                    throw new InvalidOperationException();
                Run(update, id, Box(to, id, secret));
            }
            transaction.Commit();
        }
        return Rows / watch.Elapsed.TotalSeconds;

        static byte[] Box(byte[] key, byte[] id, byte[] secret) =>
            [.. Protocol.Primitives.SecretBox.Seal(key, id, secret, SystemRandom.Instance), .. new byte[24]];
    }

    private static async Task LatenciesAsync(Report report, string folder)
    {
        await (await FillAsync(folder)).DisposeAsync();
        await using var server = await ServerProcess.StartAsync(folder, 0, RealmBenchmark.Settings);
        var load = await MixedLoad.PrepareAsync(server, Clients, PerClient);
        await load.IdleAsync();
        using var stop = new CancellationTokenSource();
        var rotating = RotateAsync(Path.Combine(folder, "ring", "control.sock"), stop.Token);
        await load.CommitsAsync();
        await load.GuessesAsync();
        await stop.CancelAsync();
        load.Tell(report, $"rotations ({await rotating} of them)");
    }

    // One after the other: what is measured meets nothing but rotations.
    private static async Task<int> RotateAsync(string path, CancellationToken stop)
    {
        var rotations = 0;
        while (!stop.IsCancellationRequested)
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), CancellationToken.None);
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(Encoding.ASCII.GetBytes("{\"verb\":\"rotate\"}\n"), CancellationToken.None);
            using var reader = new StreamReader(stream);
            var last = "";
            while (await reader.ReadLineAsync(CancellationToken.None) is { } line) last = line;
            if (!last.Contains("\"outcome\":\"done\"", StringComparison.Ordinal))
                throw new InvalidOperationException(last);
            rotations++;
        }
        return rotations;
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.Add("$id", SqliteType.Blob);
        command.Parameters.Add("$value", SqliteType.Blob);
        return command;
    }

    private static void Run(SqliteCommand command, byte[] id, byte[] value)
    {
        (command.Parameters[0].Value, command.Parameters[1].Value) = (id, value);
        command.ExecuteNonQuery();
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
