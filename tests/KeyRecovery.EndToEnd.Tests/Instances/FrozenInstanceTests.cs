using System.Net;
using System.Text;
using KeyRecovery.EndToEnd.Tests.Erasure;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Stores;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Instances;

/// <summary>
/// The process that sequences, erases and rotates stands still with a write of each on its way (SIGSTOP); another takes
/// all over, and then it goes on.
/// </summary>
public sealed class FrozenInstanceTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);
    private static readonly string[] Gone = ["first", "second"];

    [NeedsFact(Need.CosmosEmulator, Need.Linux)]
    [Trait("Category", "Long")]
    public async Task One_that_stood_still_in_the_midst_of_its_duties_does_nothing_twice()
    {
        await using var fleet = await InstanceFleet.OpenAsync(
            2, ("Rotation:MinIntervalHours", "0"), ("Rotation:RetrySeconds", "1"));
        var writes = new WatchedWrites(fleet.WayOf(0));
        await fleet.StartAsync(0);
        foreach (var duty in new[] { "log", "erasure", "rotation" })
            await writes.SeenAsync(new RowKey(Table.Leases, Encoding.ASCII.GetBytes(duty)));
        await fleet.StartAsync(1);
        using var log = await FleetLog.OpenAsync(fleet);
        using var phone = fleet.NewDeviceAt(1);
        using var vault = await phone.CreateAsync(await fleet[1].TokenAsync("stays"), null);
        foreach (var subject in Gone)
        {
            using var device = fleet.NewDeviceAt(1);
            using var goes = await device.CreateAsync(await fleet[1].TokenAsync(subject), null);
        }

        var rotating = writes.HoldNext(Table.KekStandings);
        var first = await Officer.FileAsync(fleet[0], [Gone[0]]);
        await rotating();
        var erasing = writes.HoldNext(Table.Erasures);
        var second = await Officer.FileAsync(fleet[0], [Gone[1]]);
        await erasing();
        var sequencing = writes.HoldNext(Table.LogHeads);
        TestDevice.Value(await vault.PutAsync("note", "before"u8.ToArray()));
        await sequencing();
        await fleet[0].FreezeAsync();

        TestDevice.Value(await vault.PutAsync("note", "meanwhile"u8.ToArray()));
        await DoneAsync(fleet[1], second);
        await log.VerifyAsync(5, AuditEvent.Created, AuditEvent.Committed);
        await UntilAsync(
            () => !fleet.Azure.Vault.Secrets.Keys.Any(name => name.StartsWith("kek-1-", StringComparison.Ordinal)));

        fleet[0].GoOn();
        var answers = await writes.ReleaseAsync();
        output.WriteLine(string.Join(", ", answers.Select(answer => $"{answer.Key.Name}: {answer.Value}")));
        Assert.Equal(HttpStatusCode.PreconditionFailed, answers[Table.LogHeads]);
        Assert.Equal(HttpStatusCode.PreconditionFailed, answers[Table.KekStandings]);
        TestDevice.Value(await vault.PutAsync("note", "after"u8.ToArray()));
        var leaves = await log.VerifyAsync(6, AuditEvent.Created, AuditEvent.Committed);
        Assert.Equal(Gone.Length, leaves.Count(leaf => leaf.Event == AuditEvent.Erased));
        foreach (var job in new[] { first, second })
            Assert.Equal(await ReceiptAsync(fleet[1], job), await ReceiptAsync(fleet[0], job));
        // A KEK has one secret: that of whoever came too late is purged, as that of the one before is.
        var secrets = fleet.Azure.Vault;
        await UntilAsync(() => secrets.Deleted.IsEmpty && secrets.Secrets.Count == 1);
        await fleet.StopAllAsync();

        var tombstones = await File.ReadAllLinesAsync(fleet.Tombstones);
        output.WriteLine($"{tombstones.Length} lines of tombstones");
        Assert.Equal(Gone.Length, tombstones.Distinct().Count());
        var (exitCode, report) = await fleet.RunVerbAsync("check");
        Assert.True(exitCode == 0, report);
        leaves = await log.WalkAsync();
        Assert.Distinct(leaves.Select(leaf => Convert.ToHexString(leaf.Encode())));
        Assert.InRange(leaves.Count(leaf => leaf.Event == AuditEvent.ErasedEverywhere), 0, Gone.Length);
    }

    private static async Task DoneAsync(ServerProcess server, string job)
    {
        for (var end = DateTime.UtcNow + Limit; await StateAsync() != "done"; await Task.Delay(TimeSpan.FromSeconds(2)))
        {
            Assert.True(DateTime.UtcNow < end, $"nobody has taken the erasures over: {server.Output}");
            // Whatever is filed wakes the instance that is asked.
            await Officer.FileAsync(server, ["nobody"]);
        }

        async Task<string?> StateAsync() => (await Officer.ReadAsync(server, job)).GetProperty("state").GetString();
    }

    private static async Task<string> ReceiptAsync(ServerProcess server, string job) =>
        (await Officer.ReadAsync(server, job)).GetProperty("outcomes").EnumerateArray().Single()
            .GetProperty("receipt").GetString()!;

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var end = DateTime.UtcNow + Limit; !holds(); await Task.Delay(100))
            Assert.True(DateTime.UtcNow < end, "it does not come to pass");
    }
}
