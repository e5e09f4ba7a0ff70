using System.Diagnostics;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Instances;

/// <summary>
/// Three processes on one store, one of them killed every few seconds: nobody loses what he was told.
/// </summary>
public sealed class KilledInstancesTests(ITestOutputHelper output)
{
    private const int Writers = 6;

    // More where a start takes little.
    private const int KillsOfRound = 6;

    private static readonly TimeSpan Round = TimeSpan.FromMinutes(1);

    [NeedsFact(Need.CosmosEmulator)]
    [Trait("Category", "Long")]
    public Task A_minute_of_kills_loses_no_acknowledged_commit_and_no_link_session() => RunAsync(rounds: 1);

    [HoursFact]
    [Trait("Category", "Hours")]
    public Task Ten_minutes_of_kills() => RunAsync(rounds: 10);

    private async Task RunAsync(int rounds)
    {
        await using var fleet = await InstanceFleet.OpenAsync(3);
        await fleet.StartAllAsync();
        using var log = await FleetLog.OpenAsync(fleet);
        using var stop = new CancellationTokenSource();
        var writers = await Task.WhenAll(
            Enumerable.Range(0, Writers).Select(i => FleetWriter.CreateAsync(fleet, $"writer {i}")));
        var linker = new FleetLinker(fleet);
        var watching = log.WatchAsync(stop.Token);
        var load = Task.WhenAll([linker.LinkAsync(stop.Token), .. writers.Select(w => w.WriteAsync(stop.Token))]);
        var kills = 0;
        for (var round = 0; round < rounds && !load.IsCompleted; round++) kills += await KillAsync(fleet, round, load);
        await stop.CancelAsync();
        await load;
        await watching;
        output.WriteLine(
            $"{kills} kills; {writers.Sum(w => w.Commits)} commits acknowledged, {writers.Sum(w => w.Failures.Count)} "
            + $"not; {linker.Linked} devices linked, {linker.Failures.Count} not; {log.Seen} checkpoints");
        foreach (var why in writers.SelectMany(w => w.Failures).Concat(linker.Failures)) output.WriteLine(why);
        Assert.Empty(linker.Failures);
        Assert.InRange(linker.Linked, 5 * rounds, int.MaxValue);
        Assert.InRange(writers.Sum(w => w.Commits), 100 * rounds, int.MaxValue);
        Assert.InRange(kills, KillsOfRound * rounds, int.MaxValue);

        // What a killed one held is taken over while others look.
        var versions = linker.Versions;
        foreach (var writer in writers) versions += await writer.VerifyAsync();
        var leaves = await log.VerifyAsync((long)versions, AuditEvent.Created, AuditEvent.Committed);
        Assert.Equal(leaves.Count(leaf => leaf.Event == AuditEvent.Created), Writers + linker.Accounts);
        await fleet.StopAllAsync();
        var (exitCode, report) = await fleet.RunVerbAsync("check");
        Assert.True(exitCode == 0, report);
        foreach (var writer in writers) writer.Dispose();
    }

    // One lives for most of the round: a dead one's duty is taken over by whoever has seen it lie still for 45 s.
    private static async Task<int> KillAsync(InstanceFleet fleet, int round, Task load)
    {
        var (kills, survivor, watch) = (0, (round + 2) % fleet.Count, Stopwatch.StartNew());
        for (; (watch.Elapsed < Round || kills < KillsOfRound) && !load.IsCompleted; kills++)
        {
            var killed = kills == 0 ? survivor : (survivor + 1 + kills % 2) % fleet.Count;
            await Task.Delay(TimeSpan.FromSeconds(2));
            await fleet.KillAsync(killed);
            await Task.Delay(TimeSpan.FromSeconds(1));
            await fleet.StartAsync(killed);
        }

        return kills;
    }
}
