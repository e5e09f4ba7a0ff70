using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Crashes;

/// <summary>SIGKILL at any moment loses nothing that was acknowledged, and leaves nothing that stays.</summary>
public sealed class KillUnderLoadTests(ITestOutputHelper output)
{
    private const int Users = 8;
    private static readonly int Kills = Rounds.Of(50, 6);

    [Fact]
    [Trait("Category", "Long")]
    [Trait("Category", "Rounds")]
    public async Task Kills_under_load_lose_no_acknowledged_commit_and_leave_no_orphan()
    {
        using var folder = new TempFolder();
        var acknowledged = new ConcurrentDictionary<(int User, string Item), Written>();
        var codes = new ConcurrentDictionary<int, RecoveryCode>();
        var (commits, creations) = (0, 0);
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var server = await ServerProcess.StartAsync(folder["data"]);
            using var stop = new CancellationTokenSource();
            var users = Enumerable.Range(0, Users)
                .Select(u => Task.Run(() => UseAsync(server, kill * Users + u, stop.Token))).ToList();
            // At any moment of a life of its own: sooner or later after the first commits that it acknowledged.
            var due = commits + 2 + kill * 8 % 21;
            for (var waited = 0; commits < due && waited < 120_000; waited += 20) await Task.Delay(20);
            await Task.Delay(RandomNumberGenerator.GetInt32(0, 600));
            await server.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(users);
        }
        output.WriteLine($"{Kills} kills, {creations} accounts and {commits} commits acknowledged");
        Assert.True(commits > 10 * Kills, "the server was under load when it was killed");

        var (exit, report) = await ServerProcess.RunVerbAsync(
            folder["data"], "check", "--sweep", "--older-than-minutes", "0", "--json");
        Assert.True(exit == 0, report);
        output.WriteLine(report);
        AssertNoOrphans(report);

        await using var last = await ServerProcess.StartAsync(folder["data"]);
        await Parallel.ForEachAsync(codes, async (user, _) =>
        {
            using var device = new TestDevice(last.Address);
            using var session = TestDevice.Value(await device.Client.BeginRecoveryAsync(user.Value));
            using var vault =
                TestDevice.Value(await session.CompleteAsync("after", [.. session.Devices.Select(d => d.Id)])).Vault;
            foreach (var ((_, item), written) in acknowledged.Where(a => a.Key.User == user.Key))
            {
                if (written.Acknowledged is null) continue;
                // The newest acknowledged one, or the one that was under way when the server died.
                var content = TestDevice.Value(await vault.GetAsync(item));
                Assert.True(content.AsSpan().SequenceEqual(written.Acknowledged)
                    || content.AsSpan().SequenceEqual(written.UnderWay));
            }
        });

        var leaves = await LeavesAsync(last);
        Assert.Distinct(leaves);
        Assert.InRange(leaves.Count, creations + commits, int.MaxValue);

        async Task UseAsync(ServerProcess server, int user, CancellationToken stop)
        {
            using var phone = new TestDevice(server.Address, adjust: o => o with { Attempts = 1 });
            var code = RecoveryCode.Generate(SystemRandom.Instance);
            try
            {
                var created = await phone.Client.CreateAsync(
                    await server.TokenAsync($"user {user}"),
                    new CreateOptions { DeviceName = "phone", Code = code }, stop);
                if (created is not Result<VaultSession>.Ok { Value: var vault }) return;
                codes[user] = code;
                Interlocked.Increment(ref creations);
                using var session = vault;
                for (var i = 0; !stop.IsCancellationRequested; i++)
                {
                    var item = $"item {i % 3}";
                    // Every seventh is large enough to be staged first.
                    var content = RandomNumberGenerator.GetBytes(i % 7 == 6 ? 40_000 : 3_000);
                    var written = acknowledged.GetOrAdd((user, item), _ => new Written());
                    written.UnderWay = content;
                    if (await session.PutAsync(item, content, stop) is not Result<ItemInfo>.Ok) return;
                    (written.Acknowledged, written.UnderWay) = (content, null);
                    Interlocked.Increment(ref commits);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or HttpRequestException)
            {
                // The server died in the middle of it: what was not acknowledged is not promised.
            }
        }
    }

    private sealed class Written
    {
        public byte[]? Acknowledged { get; set; }

        public byte[]? UnderWay { get; set; }
    }

    private static void AssertNoOrphans(string report)
    {
        var json = JsonDocument.Parse(report[report.IndexOf('{', StringComparison.Ordinal)..]).RootElement;
        Assert.Empty(json.GetProperty("orphanRows").EnumerateObject());
        Assert.Equal(0, json.GetProperty("pending").GetInt32());
        Assert.Equal(0, json.GetProperty("vaultsLost").GetInt32());
    }

    // What waited is appended in the first moments of the last server's life: until nothing more comes for a while.
    private static async Task<List<string>> LeavesAsync(ServerProcess server)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        ulong size, before;
        do
        {
            before = await SizeAsync();
            await Task.Delay(TimeSpan.FromSeconds(7));
            size = await SizeAsync();
        }
        while (size != before);

        var leaves = new List<string>();
        for (var number = 0UL; number * TilePath.FullWidth < size; number++)
        {
            var width = (int)Math.Min(TilePath.FullWidth, size - number * TilePath.FullWidth);
            var bundle = await http.GetByteArrayAsync($"/audit/{TilePath.Entries(number, width)}");
            Assert.True(EntryBundle.TryDecode(bundle, out var entries));
            leaves.AddRange(entries.Select(entry => Convert.ToHexString(entry.Span)));
        }

        return leaves;

        async Task<ulong> SizeAsync() => ulong.Parse(
            (await http.GetStringAsync("/audit/checkpoint")).Split('\n')[1], CultureInfo.InvariantCulture);
    }
}
