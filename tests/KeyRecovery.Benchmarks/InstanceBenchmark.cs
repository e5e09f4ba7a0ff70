using System.Diagnostics;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// One instance against three under the same load, over the emulator of Azure Cosmos DB: the same three processes, of
/// which two are asked nothing in every other round. The emulator, one process of Node.js, is most of what is measured.
/// </summary>
internal static class InstanceBenchmark
{
    private const int ItemBytes = 8 * 1024;
    private const int Clients = 12;
    private const int CommitsOfEach = 10;
    private const int PollsOfEach = 40;
    private const int Rounds = 3;

    public static async Task RunAsync(Report report)
    {
        await using var fleet = await InstanceFleet.OpenAsync(3);
        await fleet.StartAllAsync();
        var (commits, polls) = (new List<Queue<byte[]>>(), new List<List<byte[]>>());
        for (var i = 0; i < Clients; i++)
        {
            using var device = fleet.NewDevice();
            using var prepared = await PreparedDevice.CreateAsync(device, await fleet[0].TokenAsync($"writer {i}"));
            commits.Add(new Queue<byte[]>(prepared.Commits(CommitsOfEach * (2 * Rounds + 3), ItemBytes)));
            using var reader = fleet.NewDevice();
            using var reading = await PreparedDevice.CreateAsync(reader, await fleet[0].TokenAsync($"reader {i}"));
            polls.Add([.. Enumerable.Repeat(reading.UnchangedVault(), PollsOfEach)]);
        }

        foreach (var server in fleet.Running) await LoadAsync([server], Take(commits), 200);
        await CompareAsync(report, fleet, "commits of 8 KiB", () => Take(commits), 200);
        foreach (var server in fleet.Running) await LoadAsync([server], polls, 304);
        await CompareAsync(report, fleet, "unchanged reads", () => polls, 304);
    }

    private static async Task CompareAsync(
        Report report, InstanceFleet fleet, string what, Func<List<List<byte[]>>> next, int status)
    {
        var (one, three, emulator, servers) =
            (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            one.Add(await LoadAsync([fleet[0]], next(), status));
            var requests = next();
            var (before, ofServers) = (TimeOf(fleet.EmulatorId), fleet.Running.Sum(server => TimeOf(server.Id)));
            three.Add(await LoadAsync([.. fleet.Running], requests, status));
            var count = requests.Sum(r => r.Count);
            emulator.Add((TimeOf(fleet.EmulatorId) - before) * 1_000 / count);
            servers.Add((fleet.Running.Sum(server => TimeOf(server.Id)) - ofServers) * 1_000 / count);
        }

        var (alone, together) = (Throughput.Median(one), Throughput.Median(three));
        report.Figure($"{what}, {Clients} clients, one instance on the emulator", alone);
        report.Figure($"{what}, {Clients} clients, three instances", together);
        report.Figure("  the emulator's processor time for one", Throughput.Median(emulator), "µs");
        report.Figure("  the three servers' processor time for one", Throughput.Median(servers), "µs");
        report.Ratio($"{what}, three instances / one", together / alone);
    }

    // Each client has one connection, to one of the servers.
    private static async Task<double> LoadAsync(
        IReadOnlyList<ServerProcess> servers, List<List<byte[]>> clients, int status)
    {
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(servers.Select((server, number) => LoadTool.RunAsync(
            server.Address, [.. clients.Where((_, client) => client % servers.Count == number)], status)));
        return clients.Sum(client => client.Count) / watch.Elapsed.TotalSeconds;
    }

    private static List<List<byte[]>> Take(List<Queue<byte[]>> commits) =>
        commits.ConvertAll(queue => Enumerable.Range(0, CommitsOfEach).Select(_ => queue.Dequeue()).ToList());

    // In milliseconds.
    private static double TimeOf(int id)
    {
        using var process = Process.GetProcessById(id);
        return process.TotalProcessorTime.TotalMilliseconds;
    }
}
