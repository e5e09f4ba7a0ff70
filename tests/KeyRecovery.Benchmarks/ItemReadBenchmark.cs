using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Benchmarks;

/// <summary>All items of a full account through the SDK: asked for at once, beside one after another.</summary>
internal static class ItemReadBenchmark
{
    private const int Size = 1024;
    private const int Rounds = 3;

    public static async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(
            folder["data"], 0, ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"),
            ("Apps:0:Audience", "demo"));
        using var phone = new TestDevice(server.Address);
        using var vault = await phone.CreateAsync(await server.TokenAsync("items"), null);
        TestDevice.Value(await vault.EditAsync(
        [
            .. Enumerable.Range(0, Limits.Items)
                .Select(i => new ItemEdit.Put($"item {i:d4}", RandomNumberGenerator.GetBytes(Size))),
        ]));
        TestDevice.Value(await vault.GetAllAsync());
        var (together, alone) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            if (TestDevice.Value(await vault.GetAllAsync()).Length != Limits.Items)
                throw new InvalidOperationException("an item is missing");
            together.Add(watch.Elapsed.TotalSeconds);
            watch.Restart();
            foreach (var item in vault.Items) TestDevice.Value(await vault.GetAsync(item.Name));
            alone.Add(watch.Elapsed.TotalSeconds);
        }
        report.Figure($"{Limits.Items} items of 1 KiB, at once", Throughput.Median(together), "s");
        report.Figure($"{Limits.Items} items of 1 KiB, one after another", Throughput.Median(alone), "s");
        report.Ratio("items at once / one after another", Throughput.Median(alone) / Throughput.Median(together));
    }
}
