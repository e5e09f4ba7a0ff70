using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Testing.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// An unchanged <c>GET /v1/vault</c> (304) against a Kestrel that does nothing, and against the sum of what it must do.
/// </summary>
internal static class VaultReadBenchmark
{
    private const int Connections = 32;
    private const int PerConnection = 1500;
    private const int Rounds = 5;

    public static async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        var (verifications, reads, openings) = await PartsAsync(folder["parts"]);
        await using var server = await ServerProcess.StartAsync(folder["data"]);
        await using var bare = await NullServer.StartAsync();
        var vault = new List<IReadOnlyList<byte[]>>();
        for (var i = 0; i < Connections; i++)
        {
            using var device = await PreparedDevice.CreateAsync(server, $"reader {i}");
            vault.Add(Enumerable.Repeat(device.UnchangedVault(), PerConnection).ToList());
        }
        var nothing = Encoding.ASCII.GetBytes($"GET /null HTTP/1.1\r\nHost: {bare.Address.Authority}\r\n\r\n");
        var nulls = Enumerable.Repeat(
            (IReadOnlyList<byte[]>)Enumerable.Repeat(nothing, 3 * PerConnection).ToList(), Connections).ToList();

        await LoadTool.RunAsync(server.Address, vault, 304);
        await LoadTool.RunAsync(bare.Address, nulls, 304);
        var (served, empty, times) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var (rate, time) = await ServerTime.OfAsync(
                server, Connections * PerConnection, () => LoadTool.RunAsync(server.Address, vault, 304));
            served.Add(rate);
            times.Add(time);
            empty.Add(await LoadTool.RunAsync(bare.Address, nulls, 304));
        }
        var (vaults, nullRate) = (Throughput.Median(served), Throughput.Median(empty));
        var sum = 1 / ((1 / nullRate) + (1 / verifications) + (2 / reads) + (2 / openings));
        report.Figure("unchanged GET /v1/vault (304), 32 connections", vaults);
        report.Figure("  the server's processor time for one", Throughput.Median(times), "µs");
        report.Figure("null endpoint, the same load tool", nullRate);
        report.Figure("Ed25519 verifications, all cores", verifications);
        report.Figure("point reads of a store, all cores", reads);
        report.Figure("openings of a 400-byte row, all cores", openings);
        report.Figure("1/Σ(null, verification, two reads, two openings)", sum);
        report.Ratio("GET vault 304 / null endpoint", vaults / nullRate, 0.25);
        report.Ratio("GET vault 304 / sum of its parts", vaults / sum, 0.75);
    }

    private static async Task<(double Verifications, double Reads, double Openings)> PartsAsync(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "a"));
        Directory.CreateDirectory(Path.Combine(folder, "b"));
        await using var pair = await SqliteStorePair.OpenAsync(
            Path.Combine(folder, "a", "data.db"), Path.Combine(folder, "b", "keys.db"), SystemRandom.Instance,
            new ServerClock(TimeProvider.System), NullLoggerFactory.Instance);
        var keys = Enumerable.Range(0, 64)
            .Select(i => new RowKey(Table.Accounts, RandomNumberGenerator.GetBytes(16))).ToArray();
        foreach (var row in keys)
            await pair.Data.WriteAsync([new RowWrite.Create(row, RandomNumberGenerator.GetBytes(400))], default);

        using var signing = SigningKey.FromSeed(RandomNumberGenerator.GetBytes(32));
        var body = RandomNumberGenerator.GetBytes(300);
        var signature = signing.Sign(SignatureLabel.Manifest, body);
        var (boxKey, box) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(400));
        var sealedBox = SecretBox.Seal(boxKey, [], box, SystemRandom.Instance);
        return (
            Throughput.OnAllCores(() => () => signing.PublicKey.Verify(SignatureLabel.Manifest, body, signature)),
            Throughput.OnAllCores(() =>
            {
                var i = 0;
                return () => _ = pair.Data.ReadAsync(keys[i++ % keys.Length], default).AsTask().GetAwaiter()
                    .GetResult();
            }),
            Throughput.OnAllCores(() =>
            {
                var opened = new byte[400];
                return () => SecretBox.TryOpen(boxKey, [], sealedBox, opened);
            }));
    }
}
