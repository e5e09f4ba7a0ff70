using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// Sessions completed a second through the API: the SDK on both sides, account and bundle included, clients and server
/// on the same cores; beside the rate in memory, on one core, without account, server or disk.
/// </summary>
internal static class SessionBenchmark
{
    private const int AtOnce = 32;
    private const int Accounts = 64;
    private const int PerAccount = 4;
    private const int Rounds = 3;
    private const int BundleBytes = 500;

    public static async Task RunAsync(Report report)
    {
        var (many, one, times) = (new List<double>(), new List<double>(), new List<double>());
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(
            folder["data"], 0, ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"),
            ("Apps:0:Audience", "demo"), ("Apps:0:Policy:CommitsPerDay", "1000000"));
        await LinkAsync(server, "warm", Accounts, AtOnce);
        for (var round = 0; round < Rounds; round++)
        {
            var (rate, time) = await LinkAsync(server, $"many {round}", Accounts, AtOnce);
            many.Add(rate);
            times.Add(time.TotalMilliseconds);
            one.Add((await LinkAsync(server, $"one {round}", Accounts / 4, 1)).Rate);
        }
        var (all, alone, memory) = (Throughput.Median(many), Throughput.Median(one), LinkBenchmark.InMemory());
        report.Figure($"sessions through the API, {AtOnce} at once", all);
        report.Figure("sessions through the API, one after another", alone);
        report.Figure("the server's processor time for one of the former", Throughput.Median(times), "ms");
        report.Figure("sessions in memory, one core", memory);
        report.Ratio("sessions through the API / in memory", all / memory);
    }

    // An account links one device at a time, as a person does.
    private static async Task<(double Rate, TimeSpan ServerTime)> LinkAsync(
        ServerProcess server, string name, int accounts, int atOnce)
    {
        var phones = Enumerable.Range(0, accounts).Select(_ => new TestDevice(server.Address)).ToList();
        var vaults = new VaultSession[accounts];
        for (var i = 0; i < accounts; i++)
            vaults[i] = await phones[i].CreateAsync(await server.TokenAsync($"{name} {i}"), null);
        var bundle = RandomNumberGenerator.GetBytes(BundleBytes);
        using var host = Process.GetProcessById(server.Id);
        var (watch, began) = (Stopwatch.StartNew(), host.TotalProcessorTime);
        await Parallel.ForEachAsync(vaults, new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (vault, _) =>
        {
            for (var i = 0; i < PerAccount; i++) await LinkAsync(server, vault, bundle);
        });
        var rate = accounts * PerAccount / watch.Elapsed.TotalSeconds;
        host.Refresh();
        var time = (host.TotalProcessorTime - began) / (accounts * PerAccount);
        foreach (var vault in vaults) vault.Dispose();
        foreach (var phone in phones) phone.Dispose();
        return (rate, time);
    }

    private static async Task LinkAsync(ServerProcess server, VaultSession existing, byte[] bundle)
    {
        using var laptop = new TestDevice(server.Address);
        await using var link = TestDevice.Value(await existing.BeginLinkAsync());
        using var code = ((LinkCodeParse.Ok)LinkCode.Parse(link.QrText)).Code;
        var digits = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var displaying = link.RunAsync(
            new LinkApproval {
                AskDigits = (_, ct) => digits.Task.WaitAsync(ct), Consent = (_, _) => Task.FromResult(true),
            }, bundle);
        var linked = TestDevice.Value(await laptop.Client.LinkAsync(
            code, new LinkJoin {
                DeviceName = "laptop", Platform = "Linux", ShowDigits = (shown, _) => digits.TrySetResult(shown),
            }));
        TestDevice.Value(await displaying);
        if (!linked.Bundle.Span.SequenceEqual(bundle)) throw new InvalidOperationException("another bundle arrived");
        linked.Vault.Dispose();
        linked.Bundle.Dispose();
    }
}
