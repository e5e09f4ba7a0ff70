using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>
/// A wall clock that somebody sets ends no hold and signs no second receipt: pending and alarmed, until it is right
/// again.
/// </summary>
public sealed class ClockTests
{
    private readonly TestRandom _random = new(23);

    [Fact]
    public async Task A_clock_set_forward_ends_no_hold_and_set_back_again_the_hold_is_as_long_as_ever()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "user");
        await server.RequestErasureAsync(account, phone);
        server.Time.Advance(TimeSpan.FromHours(1));

        server.Time.Set(TimeSpan.FromHours(80));
        AssertHeldUp(await server.Service.Erasures.ResumeAsync(default), 1);
        Assert.NotNull(server.Service.Erasures.ClockProblem);
        // Nor by asking again; what is left is told by the clock that was not set.
        var asked = await server.RequestErasureAsync(account, phone);
        Assert.Equal((ErasureState.Held, 71L * 3600 * 1000), (asked.State, asked.DueInMs));
        AssertHeldUp(await server.Service.Erasures.ResumeAsync(default), 1);
        await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange()));

        server.Time.Set(TimeSpan.FromHours(-80));
        Assert.Null(server.Service.Erasures.ClockProblem);
        AssertQuiet(await server.Service.Erasures.ResumeAsync(default), erased: 0);
        Assert.Equal(71L * 3600 * 1000, (await server.RequestErasureAsync(account, phone)).DueInMs);
        server.Time.Advance(TimeSpan.FromHours(71));
        AssertQuiet(await server.Service.Erasures.ResumeAsync(default), erased: 1);
    }

    [Fact]
    public async Task A_clock_set_back_delays_a_hold_that_is_over_and_says_so()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "user");
        await server.RequestErasureAsync(account, phone);
        server.Time.Set(TimeSpan.FromDays(-30));
        AssertQuiet(await server.Service.Erasures.ResumeAsync(default), erased: 0);
        server.Time.Advance(TimeSpan.FromHours(72));
        AssertHeldUp(await server.Service.Erasures.ResumeAsync(default), 1);
        server.Time.Set(TimeSpan.FromDays(30));
        AssertQuiet(await server.Service.Erasures.ResumeAsync(default), erased: 1);
    }

    [Fact]
    public async Task A_hold_that_begins_while_the_clock_is_set_back_is_no_shorter_when_it_is_right_again()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "user");
        server.Time.Advance(TimeSpan.FromHours(100));
        server.Time.Set(TimeSpan.FromHours(-80));
        await server.RequestErasureAsync(account, phone);
        server.Time.Set(TimeSpan.FromHours(80));
        Assert.Equal(72L * 3600 * 1000, (await server.RequestErasureAsync(account, phone)).DueInMs);
        server.Time.Advance(TimeSpan.FromHours(71));
        AssertQuiet(await server.Service.Erasures.ResumeAsync(default), erased: 0);
        server.Time.Advance(TimeSpan.FromHours(1));
        AssertQuiet(await server.Service.Erasures.ResumeAsync(default), erased: 1);
    }

    [Fact]
    public async Task What_time_servers_correct_holds_nothing_up()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "user");
        await server.RequestErasureAsync(account, phone);
        server.Time.Set(ServerClock.Tolerance);
        server.Time.Advance(TimeSpan.FromHours(72) - ServerClock.Tolerance);
        // By the wall clock it is over, by the steady one it is not: within the tolerance the later of them counts.
        AssertQuiet(await server.Service.Erasures.ResumeAsync(default), erased: 0);
        server.Time.Advance(ServerClock.Tolerance);
        AssertQuiet(await server.Service.Erasures.ResumeAsync(default), erased: 1);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(-80)]
    public async Task What_waits_for_no_time_goes_on_under_a_moved_clock(int hours)
    {
        await using var server = await TestService.OpenAsync();
        var (held, heldPhone, _) = await server.NewAccountAsync(_random, "held");
        var (filed, filedPhone, _) = await server.NewAccountAsync(_random, "filed");
        var (free, freePhone, _) = await server.NewAccountAsync(_random, "free");
        server.Time.Advance(TimeSpan.FromHours(100));
        await server.RequestErasureAsync(held, heldPhone);
        server.Time.Advance(TimeSpan.FromHours(hours < 0 ? 73 : 0));
        server.Time.Set(TimeSpan.FromHours(hours));

        var job = await server.FileErasuresAsync("filed");
        var report = await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal((1, 1, 1), (report.Erased, report.Pending, report.AwaitClock));
        Assert.Equal(1, (await server.JobAsync(job)).Erased);
        Assert.Equal(ErrorCode.Erased, (await server.RefusedAsync(filed, filedPhone)).Code);
        // A hold of nothing ends by no clock.
        server.ErasureHold = TimeSpan.Zero;
        Assert.Equal(ErasureState.Erased, (await server.RequestErasureAsync(free, freePhone)).State);
        (await server.PassAsync(held, heldPhone)).Dispose();
    }

    [Fact]
    public async Task No_second_receipt_is_signed_while_the_clock_is_moved()
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        var (account, phone, _) = await server.NewAccountAsync(_random, "user");
        await server.RequestErasureAsync(account, phone);
        await server.Service.Rotation.RunAsync(begin: true, null, default);
        foreach (var hours in new[] { 1, -2 })
        {
            server.Time.Set(TimeSpan.FromHours(hours));
            AssertHeldUp(await server.Service.Erasures.ResumeAsync(default), 1);
            Assert.Equal(1, await LevelAsync(server, account, phone));
        }

        server.Time.Set(TimeSpan.FromHours(1));
        Assert.Equal((1, 0), await server.Service.Erasures.ResumeAsync(default) is var report
            ? (report.Final, report.Pending) : default);
        Assert.Equal(2, await LevelAsync(server, account, phone));
    }

    [Fact]
    public async Task No_backup_set_expires_by_setting_the_clock()
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        var (account, phone, _) = await server.NewAccountAsync(_random, "user");
        await server.RequestErasureAsync(account, phone);
        await server.Service.Rotation.RunAsync(begin: true, null, default);
        server.Backups.Expire = server.Time.GetUtcNow().AddDays(30);
        server.Time.Set(TimeSpan.FromDays(31));
        AssertHeldUp(await server.Service.Erasures.ResumeAsync(default), 1);
        Assert.Equal(1, await LevelAsync(server, account, phone));

        // Right again: it waits for the set, which is no alarm, and for nothing else.
        server.Time.Set(TimeSpan.FromDays(-31));
        Assert.Equal((0, 0, 1), await server.Service.Erasures.ResumeAsync(default) is var waits
            ? (waits.Final, waits.Pending, waits.AwaitSets) : default);
        server.Time.Advance(TimeSpan.FromDays(30));
        Assert.Equal(1, (await server.Service.Erasures.ResumeAsync(default)).Final);
    }

    [Fact]
    public async Task A_young_device_does_not_come_of_age_by_setting_the_clock_and_the_just_removed_still_cancel()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "user");
        var (laptop, tablet) = (TestAuthority.Device(_random), TestAuthority.Device(_random));
        await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange { Add = [tablet] }));
        await server.CommitAsync(
            account, phone, account.Commit(phone, new AccountChange { Add = [laptop], Remove = [tablet] }));
        server.Time.Set(TimeSpan.FromHours(80));
        using (var open = await server.PassAsync(account, laptop))
            Assert.Equal(ErrorCode.YoungAuthority,
                Assert.IsType<Outcome<ErasureStatus>.Failed>(
                    await server.Service.Erasures.RequestAsync(open, 0, default)).Failure.Code);

        await server.RequestErasureAsync(account, phone);
        var keyId = KeyId.OfDevice(account.Now.Account, tablet.Id);
        Assert.True(Assert.IsType<Outcome<bool>.Done>(await server.Service.Erasures.CancelAsync(
            keyId, null, key => key == tablet.Signing.PublicKey, "",
            _ => throw new InvalidOperationException(), default)).Value);
        // Control: when the time has really passed, it is as old as it says.
        server.Time.Set(TimeSpan.FromHours(-80));
        server.Time.Advance(TimeSpan.FromHours(80));
        Assert.Equal(ErasureState.Held, (await server.RequestErasureAsync(account, laptop)).State);
    }

    [Fact]
    public async Task A_restart_believes_the_wall_clock()
    {
        var folder = Directory.CreateTempSubdirectory("keyrecovery-service-").FullName;
        var server = await TestService.OpenAsync(folder, _random);
        var (account, phone, _) = await server.NewAccountAsync(_random, "user");
        await server.RequestErasureAsync(account, phone);
        server.Time.Set(TimeSpan.FromHours(80));
        AssertHeldUp(await server.Service.Erasures.ResumeAsync(default), 1);
        await server.CloseAsync();

        await using var again = await TestService.OpenAsync(folder, _random, ahead: TimeSpan.FromHours(80));
        AssertQuiet(await again.Service.Erasures.ResumeAsync(default), erased: 1);
    }

    [Fact]
    public void The_machines_own_clocks_agree()
    {
        var watch = new ServerClock(TimeProvider.System);
        Assert.True(watch.HasPassed(TimeProvider.System.GetUtcNow().AddSeconds(-1)));
        Assert.False(watch.HasPassed(TimeProvider.System.GetUtcNow().AddHours(1)));
        Assert.NotNull(watch.Believed);
    }

    private static void AssertHeldUp(ErasureReport report, int count)
    {
        Assert.Equal((0, 0, count, count), (report.Erased, report.Final, report.Pending, report.AwaitClock));
        Assert.Contains("clock was moved", report.Problem, StringComparison.Ordinal);
    }

    private static void AssertQuiet(ErasureReport report, int erased) =>
        Assert.Equal((erased, 0, 0, (string?)null), (report.Erased, report.Pending, report.AwaitClock, report.Problem));

    private static async Task<int> LevelAsync(TestService server, TestAccount account, TestAuthority who) =>
        SignedErasureReceipt.Decode((await server.RefusedAsync(account, who)).Receipt).Receipt.Level;
}
