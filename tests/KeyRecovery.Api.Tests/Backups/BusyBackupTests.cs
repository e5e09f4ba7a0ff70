using KeyRecovery.Api.Backups;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Reports;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Service;
using KeyRecovery.Service.Keys;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Backups;

/// <summary>Sets that are made while everything else goes on, and beside other servers' sets.</summary>
// A set holds the files of both stores; accounts are backed up by their platform.
[Trait("Store", "Files")]
public sealed class BusyBackupTests
{
    [Fact]
    public async Task A_set_from_the_middle_of_a_rotation_has_every_KEK_that_its_rows_hang_on()
    {
        using var site = new BackupSite();
        string set;
        TestAccount older, newer;
        await using (var host = await site.StartAsync())
        {
            older = await TestAccount.CreateAsync(host);
            var ring = host.Services.GetRequiredService<KeyRecoveryService>().Ring;
            Assert.IsType<RingResult.Done>(await ring.AddNextAsync(default));
            Assert.IsType<RingResult.Done>(await ring.PromoteAsync(default));
            newer = await TestAccount.CreateAsync(host);
            Assert.Equal([KekState.Retiring, KekState.Current], ring.Standings.Select(kek => kek.State));
            set = await site.BackUpAsync(host);
        }

        var opened = site.Opened(set);
        site.Lose("stores", "keys", "ring");
        var restored = await site.RestoreAsync(set, ["--part", "all", .. opened]);
        Assert.True(restored.IsDone, restored.Problem);
        Assert.Equal((2, 0), (restored.Joined!.Accounts, restored.LostKeys));
        await using var after = await site.StartAsync();
        foreach (var account in new[] { older, newer })
        {
            using var answer = await after.Client.SendAsync(account.Phone.Of(account.Id)
                .Request(after.Address, HttpMethod.Get, "/v1/vault"));
            Assert.Equal(System.Net.HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Beside_creations_erasures_and_rotations_no_set_misses_the_key_of_anybody_who_was_there_before()
    {
        using var site = new BackupSite();
        var (sets, before) = (new List<(string Set, int Least)>(), 0);
        await using (var host = await site.StartAsync())
        {
            var service = host.Services.GetRequiredService<KeyRecoveryService>();
            using var stop = new CancellationTokenSource();
            var (made, erased) = (0, 0);
            Task[] busy =
            [
                Task.Run(async () =>
                {
                    while (!stop.IsCancellationRequested)
                    {
                        // Rotations without a pause may move a new key row each time that it is about to be written.
                        var account = await TestAccount.CreateAsync(host, repeats: 50);
                        var number = Interlocked.Increment(ref made);
                        if (number % 4 != 0) continue;
                        await BackupSite.EraseAsync(host, account.Subject);
                        Interlocked.Increment(ref erased);
                    }
                }),
                Task.Run(async () =>
                {
                    while (!stop.IsCancellationRequested) await service.Rotation.RunAsync(begin: true, null, default);
                }),
            ];
            // Until all three have gone on beside each other for a while.
            while (sets.Count < 12 || before < 20 || service.Ring.Current.Id.Value <= 6)
            {
                foreach (var ended in busy.Where(task => task.IsCompleted)) await ended;
                // Who stays, and was there when the set was begun; one at a time is on its way out.
                before = Volatile.Read(ref made) - Volatile.Read(ref erased) - 1;
                sets.Add((await site.BackUpAsync(host), before));
                await Task.Delay(50);
            }

            await stop.CancelAsync();
            await Task.WhenAll(busy);
        }

        foreach (var (set, least) in sets)
        {
            var report = await Rehearsal.RunAsync(
                RestoreArguments.Parse(["--from", set, "--rehearse", .. site.Opened(set)]), site.Clock, default);
            Assert.True(report is { IsDone: true, LostKeys: 0, SignatureChecked: true } && report.Accounts >= least,
                $"{report}, at least {least}");
        }

        // The last one for good, with the list of what was erased since.
        var opened = site.Opened(sets[^1].Set);
        site.Lose("stores", "keys", "ring");
        var restored = await site.RestoreAsync(sets[^1].Set, ["--part", "all", "--sweep-anyway", .. opened]);
        Assert.True(restored.IsDone, restored.Problem);
        Assert.Equal((0, 0, 0), (restored.LostKeys, restored.Joined!.Damaged, restored.Joined.RolledBack));
        await using var after = await site.StartAsync();
        Assert.True(
            (await after.Services.GetRequiredService<KeyRecoveryService>().Audit.RunAsync(default)).Damaged.IsEmpty);
    }

    [Fact]
    public async Task Two_servers_keep_their_sets_in_one_place_and_neither_takes_away_what_the_other_is_writing()
    {
        using var one = new BackupSite();
        using var other = new BackupSite();
        await using var first = await one.StartAsync();
        await using var second = await other.StartAsync();
        // The first is in the middle of a set when the second makes one.
        var whole = await first.Services.GetRequiredService<BackupRuns>().RunAsync(
            new BackupRequest("backup", one.Sets), line =>
            {
                if (line.Phase == "checking")
                    Assert.True(other.TryBackUpAsync(second, one.Sets).GetAwaiter().GetResult().IsDone);
            }, default);
        Assert.True(whole.IsDone, whole.Problem);
        Assert.Equal(2, Directory.GetDirectories(one.Sets).Length);
        // Its own leavings it does take away.
        Directory.CreateDirectory(
            whole.Set + "."
            + Convert.ToHexStringLower(first.Services.GetRequiredService<ServerStores>().Pair.PairId.Span)
            + ".partial");
        await one.BackUpAsync(first);
        Assert.Equal(3, Directory.GetDirectories(one.Sets).Length);
    }

    [Fact]
    public async Task No_set_is_made_by_a_clock_that_was_set()
    {
        using var site = new BackupSite();
        await using var host = await site.StartAsync();
        site.Clock.Move(TimeSpan.FromDays(-400));
        Assert.Contains("clock was moved", (await site.TryBackUpAsync(host)).Problem, StringComparison.Ordinal);
        site.Clock.Move(TimeSpan.FromDays(400));
        await site.BackUpAsync(host);
    }
}
