using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Realms;
using Microsoft.Data.Sqlite;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// A realm's endpoint with its durable count: many clients against the multiplications that their evaluations cannot do
/// without, on all cores; one client against one durable commit and one evaluation.
/// </summary>
internal static class RealmBenchmark
{
    private const int Clients = 64;
    private const int Slots = 3;
    private const int Guesses = 99;
    private const int Warm = 99;
    private const int Rounds = 3;

    public static readonly (string, string)[] Settings =
    [
        ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"), ("Apps:0:Audience", "demo"),
        ("Apps:0:Policy:Passphrase:Budget", "100"), ("Apps:0:Policy:Passphrase:Waits", ""),
        ("Apps:0:Policy:CommitsPerDay", "1000000"), TestHome.KnownTo(),
    ];

    public static async Task RunAsync(Report report)
    {
        var (many, medians, times) = (new List<double>(), new List<double>(), new List<double>());
        using var folder = new TempFolder();
        for (var round = 0; round < Rounds; round++)
        {
            await using var server = await ServerProcess.StartAsync(folder[$"data{round}"], 0, Settings);
            var requests = new List<IReadOnlyList<byte[]>>();
            for (var i = 0; i < Clients; i++) requests.Add(await PrepareAsync(server, $"guesser {i}"));
            await LoadTool.RunAsync(server.Address, [.. requests.Select(r => r.Take(Warm).ToList())], 200);
            var guesses = requests.Select(r => r.Skip(Warm).ToList()).ToList();
            var (one, time) = await ServerTime.OfAsync(
                server, guesses.Sum(g => g.Count), () => LoadTool.RunAsync(server.Address, [.. guesses], 200));
            many.Add(one);
            times.Add(time);
            var alone = await PrepareAsync(server, "alone");
            var latencies = new List<double>();
            foreach (var request in alone) latencies.Add(1 / await LoadTool.RunAsync(server.Address, [[request]], 200));
            medians.Add(Throughput.Median(latencies.Skip(Warm)));
        }

        var multiplications = Throughput.OnAllCores(Multiplications);
        var (evaluation, commit) = (1 / Throughput.Pair(Evaluation(), () => { }).A, BareCommit(folder["bare.db"]));
        var (rate, alone50) = (Throughput.Median(many), Throughput.Median(medians));
        report.Figure("guesses through the API, 64 clients", rate);
        report.Figure("  the server's processor time for one", Throughput.Median(times), "µs");
        report.Figure("their multiplications, all cores", multiplications);
        report.Ratio("guesses, 64 clients / multiplications", rate / multiplications, 0.4);
        report.Figure("a guess of one client, 1/p50", 1 / alone50);
        report.Figure("a bare EXTRA commit, 1/p50", 1 / commit);
        report.Figure("an evaluation with its proof", 1 / evaluation);
        report.Ratio(
            "(EXTRA commit + evaluation) / guess of one client, p50", (commit + evaluation) / alone50, 1 / 1.5);
    }

    // Evaluation: k·B. Proof: d·B, k·M, r·G, r·M (RFC 9497 §2.2.1).
    private static Action Multiplications()
    {
        using var request = OprfRequest.Blind("passphrase"u8, SystemRandom.Instance);
        using var key = OprfKeyShares.Split(1, 1, SystemRandom.Instance);
        var (blinded, scalar, product) = (request.Blinded.ToArray(), key.Shares[0].Span.ToArray(), new byte[32]);
        return () =>
        {
            for (var i = 0; i < 4; i++) Ristretto255.TryMultiply(product, scalar, blinded);
            Ristretto255.TryMultiplyBase(product, scalar);
        };
    }

    private static Action Evaluation()
    {
        var request = OprfRequest.Blind("passphrase"u8, SystemRandom.Instance);
        var key = OprfKeyShares.Split(1, 1, SystemRandom.Instance);
        return () => OprfServer.Evaluate(key.Shares[0], key.ShareKeys[0], request.Blinded, SystemRandom.Instance);
    }

    // The median of a row of a slot's size replaced in a key store of that kind.
    private static double BareCommit(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path}");
        connection.Open();
        Execute("PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA; PRAGMA secure_delete=ON; CREATE TABLE rows (id "
            + "BLOB NOT NULL UNIQUE, value BLOB NOT NULL)");
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO rows VALUES ($id, $value) ON CONFLICT(id) DO UPDATE SET value = $value";
        var (id, value) = (insert.Parameters.Add("$id", SqliteType.Blob),
            insert.Parameters.Add("$value", SqliteType.Blob));
        id.Value = RandomNumberGenerator.GetBytes(32);
        var latencies = new List<double>();
        for (var i = 0; i < 400; i++)
        {
            value.Value = RandomNumberGenerator.GetBytes(600);
            var start = Stopwatch.GetTimestamp();
            insert.ExecuteNonQuery();
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return Throughput.Median(latencies);

        void Execute(string sql)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }

    /// <summary>Guesses of one user at slots of its own, each within the budget.</summary>
    public static async Task<IReadOnlyList<byte[]>> PrepareAsync(ServerProcess server, string subject)
    {
        var token = await server.TokenAsync(subject);
        using var http = new HttpClient { BaseAddress = server.Address };
        var client = await TestRealmClient.ConnectAsync(http, token);
        var requests = new List<byte[]>();
        for (var i = 0; i < Slots; i++)
        {
            using var slot = new TestRealmSlot(SystemRandom.Instance);
            if ((await client.RegisterAsync(slot)).Slug is var slug and not "ok")
                throw new InvalidOperationException(slug);
            for (var guess = 0; guess < Guesses; guess++)
                requests.Add(Request(server.Address, token, slot.Guess().Body));
        }
        return requests;
    }

    private static byte[] Request(Uri server, string token, byte[] body)
    {
        var head = string.Create(CultureInfo.InvariantCulture,
            $"POST /v1/realm/evaluate HTTP/1.1\r\nHost: {server.Authority}\r\nAuthorization: Bearer "
            + $"{token}\r\nContent-Type: application/cbor\r\nContent-Length: {body.Length}\r\n\r\n");
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }
}
