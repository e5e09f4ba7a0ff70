using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// An account opened from what its device keeps, without the network, in a client that has just been made: 20 items, a
/// code and 8 devices. Beside it the file read and unsealed, and the same over the network.
/// </summary>
internal static class OfflineBenchmark
{
    private const int Items = 20;
    private const int Devices = 8;
    private const int Rounds = 101;

    public static async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder["data"]);
        using var phone = new TestDevice(server.Address);
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using (await phone.CreateAsync(await server.TokenAsync("offline"), code, "phone", [.. Enumerable.Range(0, Items)
            .Select(i => new ItemEdit.Put($"item {i}", RandomNumberGenerator.GetBytes(64)))])) { }
        for (var i = 1; i < Devices; i++)
        {
            using var other = new TestDevice(server.Address);
            using (await other.RecoverAsync(code)) { }
        }
        using (await phone.OpenAsync()) { }

        var (offline, read, online) = (new List<double>(), new List<double>(), new List<double>());
        var options = new KeyRecoveryOptions { Server = server.Address, App = "demo" };
        for (var round = 0; round < Rounds; round++)
        {
            read.Add(await TimeAsync(async () => (await phone.Store.LoadAsync(default))!.Dispose()));
            offline.Add(await TimeAsync(async () =>
            {
                using var client = new KeyRecoveryClient(options, phone.Store);
                TestDevice.Value(await client.OpenOfflineAsync()).Dispose();
            }));
            online.Add(await TimeAsync(async () =>
            {
                using var client = new KeyRecoveryClient(options, phone.Store);
                TestDevice.Value(await client.OpenAsync()).Dispose();
            }));
        }
        report.Figure("an account opened offline, the first of all rounds", offline[0], "ms");
        report.Figure("  bare: the file read, unsealed and split", Throughput.Median(read), "ms");
        report.Figure("  the same opened over the network, on loopback", Throughput.Median(online), "ms");
        report.AtMost("an account opened offline", Throughput.Median(offline), " ms", 20);
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var watch = Stopwatch.StartNew();
        await work();
        return watch.Elapsed.TotalMilliseconds;
    }
}
