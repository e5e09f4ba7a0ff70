using System.Diagnostics;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// Erasures in bulk and one by one against the deletes, commits and checkpoints that they cannot do without.
/// </summary>
internal static class ErasureBenchmark
{
    private const int Erased = 1_000;
    private const int Singles = 200;
    private const int Rounds = 3;

    private static readonly int[] Sizes = [1_000, 10_000, 100_000];

    public static async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        var (rates, bares) = (new List<double>(), new List<double>());
        foreach (var size in Sizes)
        {
            var template = folder[$"{size}"];
            var accounts = await ErasurePopulation.FillAsync(template, Erased, size);
            var (service, bare) = (new List<double>(), new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                service.Add(await BulkAsync(ErasurePopulation.Copy(template, folder["service"]), accounts));
                bare.Add(BareBulk(ErasurePopulation.Copy(template, folder["bare"]), accounts));
                Directory.Delete(folder["service"], true);
                Directory.Delete(folder["bare"], true);
            }
            rates.Add(Throughput.Median(service));
            bares.Add(Throughput.Median(bare));
            report.Figure($"erasures of a job of {Erased:N0}, {size:N0} accounts", rates[^1]);
            report.Figure($"bare deletes and checkpoints, groups of {Erasures.Group}", bares[^1]);
            report.Ratio($"bulk erasures / bare, {size:N0} accounts", rates[^1] / bares[^1], 0.5);
            if (size == Sizes[1]) await OneByOneAsync(report, template, folder, accounts);
            Directory.Delete(template, true);
        }
        report.Ratio("bare at its slowest / at its fastest", bares.Min() / bares.Max());
        report.Ratio("bulk erasures at their slowest / at their fastest", rates.Min() / rates.Max(), 0.8);
    }

    private static async Task<double> BulkAsync(string folder, IReadOnlyList<ErasureAccount> accounts)
    {
        await using var world = await ErasureWorld.OpenAsync(folder);
        await FileAsync(world, accounts);
        var watch = Stopwatch.StartNew();
        var report = await world.Service.Erasures.ResumeAsync(default);
        var rate = accounts.Count / watch.Elapsed.TotalSeconds;
        return report.Erased == accounts.Count ? rate : throw new InvalidOperationException(report.Problem);
    }

    private static double BareBulk(string folder, IReadOnlyList<ErasureAccount> accounts)
    {
        using var bare = new BareErasure(folder);
        return bare.Run(accounts, Erasures.Group);
    }

    private static async Task OneByOneAsync(
        Report report, string template, TempFolder folder, IReadOnlyList<ErasureAccount> accounts)
    {
        var (device, line, bare) = (new List<double>(), new List<double>(), new List<double>());
        await using (var world = await ErasureWorld.OpenAsync(ErasurePopulation.Copy(template, folder["one"])))
        {
            using var plain = new BareErasure(ErasurePopulation.Copy(template, folder["plain"]));
            for (var i = 0; i < Singles; i++)
            {
                bare.Add(Time(() => plain.RunOne(accounts[i])));
                device.Add(await TimeAsync(() => RequestAsync(world, accounts[i])));
                line.Add(await TimeAsync(async () =>
                {
                    await FileAsync(world, [accounts[Singles + i]]);
                    if (await world.Service.Erasures.ResumeAsync(default) is not { Erased: 1 })
                        throw new InvalidOperationException();
                }));
            }
        }
        report.Figure("EXTRA commit, two WAL commits, a checkpoint, p50", Throughput.Median(bare), "ms");
        report.Figure("an operator's erasure of one, from file to receipt, p50", Throughput.Median(line), "ms");
        report.Figure("a device's erasure, from request to receipt, p50", Throughput.Median(device), "ms");
        report.AtMost("one erasure / its commits and checkpoint, p50",
            Throughput.Median(device) / Throughput.Median(bare), "", 1.5);
        foreach (var name in new[] { "one", "plain" }) Directory.Delete(folder[name], true);
    }

    private static async Task RequestAsync(ErasureWorld world, ErasureAccount account)
    {
        if (await world.Service.Gate.PassAsync(account.Phone, key => key == account.Key, default)
            is not GateResult.Open(var open)) throw new InvalidOperationException();
        using (open)
            if (await world.Service.Erasures.RequestAsync(open, 0,
                default) is not Outcome<Service.Erasure.ErasureStatus>.Done { Value.Receipt.IsEmpty: false })
                throw new InvalidOperationException();
    }

    private static async Task FileAsync(ErasureWorld world, IReadOnlyList<ErasureAccount> accounts)
    {
        var content = new byte[32];
        SystemRandom.Instance.Fill(content);
        if (await world.Service.Erasures.Jobs.FileAsync(
            Lines(), ErasureWorld.App, default, () => new Hash256(content), default)
            is not Outcome<(ReadOnlyMemory<byte>, int)>.Done)
            throw new InvalidOperationException();

        async IAsyncEnumerable<(int, AppUser)> Lines()
        {
            await Task.CompletedTask;
            for (var i = 0; i < accounts.Count; i++)
                yield return (i + 1, new AppUser(ErasureWorld.App, ErasureWorld.Issuer, accounts[i].Subject));
        }
    }

    private static double Time(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static async Task<double> TimeAsync(Func<Task> action)
    {
        var start = Stopwatch.GetTimestamp();
        await action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
