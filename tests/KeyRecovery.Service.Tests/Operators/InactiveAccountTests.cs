using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Operators;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Feed;
using KeyRecovery.Service.Tests.Log;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Operators;

/// <summary>
/// Accounts that nobody uses: their app is warned, and they are erased on the day that it was told, where nobody came.
/// </summary>
public sealed class InactiveAccountTests
{
    private readonly TestRandom _random = new(75);

    [Fact]
    public async Task Nobody_comes_and_it_is_erased_on_the_day_that_was_told_and_no_other_account_is()
    {
        await using var server = await OpenAsync();
        // The feed has the warning still when it is erased.
        server.Inactive = new InactivityPolicy(90, 7);
        var (left, phone, _) = await server.NewAccountAsync(_random, "left");
        var (kept, keptPhone, _) = await server.NewAccountAsync(_random, "kept");
        await server.LogAsync();
        Assert.Equal((0, 0), await SweepAsync(server, 90));
        (await server.PassAsync(kept, keptPhone)).Dispose();
        Assert.Equal((1, 0), await SweepAsync(server, 1));

        var day = Today(server).AddDays(8);
        var told = Assert.Single(await ToldAsync(server));
        Assert.Equal(
            (left.Now.Account, "left", day, null, null, null),
            (told.Account, told.Subject, told.ErasableOn, told.Leaf, told.Of, told.Authority));
        Assert.Equal((day.AddDays(-8), day), await WarnedAsync(server, left));
        Assert.Equal((null, null), await WarnedAsync(server, kept));
        Assert.Equal((0, 0), await WaitAsync(server, 7));
        Assert.Equal((0, 1), await SweepAsync(server, 1));
        Assert.Equal(day, Today(server));

        await server.Service.Erasures.ResumeAsync(default);
        await server.LogAsync();
        var receipt = SignedErasureReceipt.Decode((await server.RefusedAsync(left, phone)).Receipt).Receipt;
        Assert.Equal((true, ErasureRequester.Operator), (receipt.IsOf(left.Now.Account), receipt.RequestedBy));
        (await server.PassAsync(kept, keptPhone)).Dispose();
        Assert.Equal(
            [(AuditEvent.ErasureRequested, AuditRole.Server), (AuditEvent.Erased, AuditRole.Server)],
            (await LogWorld.LeavesAsync(server)).Select(leaf => AuditLeaf.Decode(leaf))
                .Select(leaf => (leaf.Event, leaf.Role)).Where(leaf => leaf.Event != AuditEvent.Created));
        Assert.Single((await server.Service.ReadAllAsync()).Events, one => one.Kind == AppEventKind.Erased);
        told = Assert.Single(await ToldAsync(server));
        Assert.Equal((null, null, null), (told.Account, told.Subject, told.ErasableOn));
        Assert.Empty((await server.Service.Audit.RunAsync(default)).Damaged);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Any_use_takes_the_warning_back_up_to_the_last_day(bool byCode)
    {
        await using var server = await OpenAsync();
        var (account, phone, code) = await server.NewAccountAsync(_random, "back");
        Assert.Equal((1, 0), await SweepAsync(server, 91));
        Assert.Equal((0, 0), await WaitAsync(server, 30));
        (await server.PassAsync(account, byCode ? code : phone)).Dispose();
        var row = await KeyRowAsync(server, account);
        Assert.Equal((0UL, 0UL, DayOf(Today(server))), (row.WarnedOn, row.ErasableOn, row.UsedOn));
        Assert.Equal((null, null), await WarnedAsync(server, account));
        Assert.Equal((0, 0), await WaitAsync(server, 90));
        // It counts anew from there, and is warned of anew.
        Assert.Equal((1, 0), await SweepAsync(server, 1));
        Assert.Equal(Today(server).AddDays(31), Assert.Single(await ToldAsync(server)).ErasableOn);
    }

    [Fact]
    public async Task A_use_that_somebody_else_has_overtaken_is_written_all_the_same()
    {
        var keys = (HeldKeyStore?)null;
        await using var server = await OpenAsync(store => keys = new HeldKeyStore(store));
        var (account, phone, _) = await server.NewAccountAsync(_random, "busy");
        Assert.Equal((1, 0), await SweepAsync(server, 91));
        var refused = 0;
        keys!.InsteadOfWrite = writes =>
            writes[0].Key.Table == Table.KeyRows && refused++ == 0 ? new WriteResult.Refused(0) : null;
        (await server.PassAsync(account, phone)).Dispose();
        Assert.Equal((2, 0UL), (refused, (await KeyRowAsync(server, account)).WarnedOn));
    }

    [Fact]
    public async Task A_use_in_the_moment_of_the_erasure_wins()
    {
        var keys = (HeldKeyStore?)null;
        await using var server = await OpenAsync(store => keys = new HeldKeyStore(store));
        var (account, phone, _) = await server.NewAccountAsync(_random, "late");
        Assert.Equal((1, 0), await SweepAsync(server, 91));
        Assert.Equal((0, 0), await WaitAsync(server, 30));
        var used = 0;
        keys!.BeforeWrite = async writes =>
        {
            if (writes.All(write => write.Key.Table != Table.ErasurePlans) || used++ > 0) return;
            var gate = await server.Other.Gate.PassAsync(
                KeyId.OfDevice(account.Now.Account, phone.Id), key => key == phone.Signing.PublicKey, default);
            Assert.IsType<GateResult.Open>(gate).Account.Dispose();
        };
        Assert.Equal((0, 0), await SweepAsync(server, 1));
        Assert.True(used > 0);
        for (var i = 0; i < 2; i++) await server.LogAsync();
        (await server.PassAsync(account, phone)).Dispose();
        Assert.Null((await ReportAsync(server, account)).Erasure);
        Assert.Equal((0, 0), await WaitAsync(server, 40));
        using var open = await server.PassAsync(account, phone);
        Assert.Equal(ErasureState.None, (await server.Service.Erasures.StatusAsync(open, default)).State);
        Assert.Empty((await server.Service.Audit.RunAsync(default)).Damaged);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hold_or_a_suspension_voids_the_warning_and_afterwards_it_is_warned_of_anew(bool isHold)
    {
        await using var server = await OpenAsync();
        var (account, _, _) = await server.NewAccountAsync(_random, "held");
        var (desk, id) = (server.Service.Desk, account.Now.Account);
        Assert.Equal((1, 0), await SweepAsync(server, 91));
        if (isHold) await desk.HoldAsync(TestAccount.DefaultApp, id, "why", "case", "issuer", default);
        else await desk.SuspendAsync(TestAccount.DefaultApp, id, default);
        Assert.Equal((null, null), await WarnedAsync(server, account));
        Assert.Equal((0, 0), await WaitAsync(server, 40));
        if (isHold) await desk.ReleaseAsync(TestAccount.DefaultApp, id, "case", "issuer", default);
        else await desk.ResumeAsync(TestAccount.DefaultApp, id, default);
        Assert.Equal((1, 0), await SweepAsync(server, 1));
        Assert.Equal((0, 0), await WaitAsync(server, 30));
        Assert.Equal((0, 1), await SweepAsync(server, 1));
    }

    [Fact]
    public async Task What_a_device_has_asked_for_is_left_to_its_own_day()
    {
        await using var server = await OpenAsync();
        server.ErasureHold = TimeSpan.FromDays(200);
        var (account, phone, _) = await server.NewAccountAsync(_random, "asked");
        await server.RequestErasureAsync(account, phone);
        Assert.Equal((1, 0), await SweepAsync(server, 91));
        Assert.Equal((0, 0), await WaitAsync(server, 40));
        Assert.Equal(ErasureState.Held, (await ReportAsync(server, account)).Erasure!.State);
    }

    [Fact]
    public async Task Two_instances_at_once_tell_it_and_erase_it_once()
    {
        await using var server = await OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "both");
        await server.LogAsync();
        await BothAsync(91);
        Assert.InRange((await ToldAsync(server)).Count, 1, 2);
        Assert.NotEqual(0UL, (await KeyRowAsync(server, account)).WarnedOn);
        Assert.Equal((0, 0), await WaitAsync(server, 30));
        await BothAsync(1);
        await server.Service.Erasures.ResumeAsync(default);
        await server.LogAsync();
        Assert.Equal(ErrorCode.Erased, (await server.RefusedAsync(account, phone)).Code);
        Assert.Single((await server.Service.ReadAllAsync()).Events, one => one.Kind == AppEventKind.Erased);
        Assert.Empty((await server.Service.Audit.RunAsync(default)).Damaged);

        async Task BothAsync(int days)
        {
            server.Time.Advance(TimeSpan.FromDays(days));
            await Task.WhenAll(new[] { server.Service, server.Other }.Select(instance => Task.Run(
                () => instance.Sweeper.SweepAsync(TimeSpan.FromDays(1), default))));
        }
    }

    [Fact]
    public async Task A_server_that_stood_still_and_a_setting_that_was_off_warn_first()
    {
        await using var server = await OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "still");
        Assert.Equal((1, 0), await SweepAsync(server, 91));
        Assert.Equal((1, 0), await SweepAsync(server, 400));
        Assert.Equal((0, 0), await WaitAsync(server, 20));
        server.Inactive = null;
        Assert.Equal((null, null), await WarnedAsync(server, account));
        Assert.Equal((0, 0), await WaitAsync(server, 20));
        server.Inactive = new InactivityPolicy(90, 30);
        Assert.Equal((1, 0), await SweepAsync(server, 1));
        // Told once, the day is not an earlier one, whatever is set since.
        server.Inactive = new InactivityPolicy(90, 7);
        Assert.Equal((0, 0), await WaitAsync(server, 30));
        server.Inactive = new InactivityPolicy(90, 33);
        Assert.Equal((0, 0), await SweepAsync(server, 2));
        Assert.Equal((0, 1), await SweepAsync(server, 2));
        await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal(ErrorCode.Erased, (await server.RefusedAsync(account, phone)).Code);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(-400)]
    public async Task While_the_clock_is_moved_nobody_is_warned_of_or_erased(int days)
    {
        await using var server = await OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "clock");
        server.Time.Set(TimeSpan.FromDays(days));
        Assert.Equal((0, 0), await SweepAsync(server, 91));
        server.Time.Set(TimeSpan.FromDays(-days));
        Assert.Equal((1, 0), await SweepAsync(server, 0));
        server.Time.Set(TimeSpan.FromDays(days));
        Assert.Equal((0, 0), await SweepAsync(server, 1));
        server.Time.Set(TimeSpan.FromDays(-days));
        Assert.Equal((0, 0), await SweepAsync(server, 0));
        Assert.Equal((0, 0), await WaitAsync(server, 29));
        (await server.PassAsync(account, phone)).Dispose();
    }

    [Fact]
    public async Task A_server_that_starts_with_a_wrong_clock_warns_and_erases_nobody()
    {
        var folder = Directory.CreateTempSubdirectory("keyrecovery-clock-").FullName;
        await StartAsync(91, async server =>
        {
            await server.NewAccountAsync(_random, "clock");
            // It was used on the day that it was made.
            Assert.Equal((0, 0), await SweepAsync(server, 0));
            Assert.Equal((1, 0), await SweepAsync(server, 91));
        });
        await StartAsync(91 + 91 + 400, async server => Assert.Equal((1, 0), await SweepAsync(server, 0)));
        await StartAsync(91 + 93, async server =>
        {
            Assert.Equal((1, 0), await SweepAsync(server, 0));
            Assert.Equal((0, 0), await WaitAsync(server, 30));
            Assert.Equal((0, 1), await SweepAsync(server, 1));
        });
        Directory.Delete(folder, recursive: true);

        async Task StartAsync(int day, Func<TestService, Task> act)
        {
            var server = await TestService.OpenAsync(folder, _random, ahead: TimeSpan.FromDays(day));
            server.Inactive = new InactivityPolicy(90, 30);
            await act(server);
            await server.CloseAsync();
        }
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("told", 0)]
    [InlineData("by hand", 0)]
    public async Task After_a_key_store_of_an_older_day_nobody_is_erased_by_a_warning_of_before(string how, int erased)
    {
        await using var server = await OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "restored");
        Assert.Equal((1, 0), await SweepAsync(server, 91));
        var places = new List<RowKey> { new RowIds(server.LookupKey).KeyRow(account.Now.Account) };
        if (how == "by hand") places.Add(AppFeedRow.Place(TestAccount.DefaultApp));
        var before = new List<Row>();
        foreach (var place in places) before.Add((await server.Keys.ReadAsync(place, default))!);
        Assert.Equal((0, 0), await WaitAsync(server, 30));
        (await server.PassAsync(account, phone)).Dispose();
        await server.Keys.WriteAsync([.. before.Select(row => new RowWrite.Remove(row.Key))], default);
        await server.Keys.WriteAsync([.. before.Select(row => new RowWrite.Ensure(row.Key, row.Value))], default);
        if (how == "told") await server.Service.Quarantine.JoinAsync(0, false, true, false, default);

        // Where nothing tells of it, an old row is believed: the control.
        Assert.Equal(erased, (await SweepAsync(server, 1)).Erased);
        Assert.Equal((0, 0), await WaitAsync(server, 30));
        if (erased == 0) (await server.PassAsync(account, phone)).Dispose();
    }

    [Fact]
    public async Task A_use_that_nobody_knows_of_counts_from_today()
    {
        await using var server = await OpenAsync();
        var (account, _, _) = await server.NewAccountAsync(_random, "unknown");
        var place = new RowIds(server.LookupKey).KeyRow(account.Now.Account);
        var stored = (await server.Keys.ReadAsync(place, default))!;
        await server.Keys.WriteAsync(
            [new RowWrite.Replace(stored, (KeyRow.Decode(stored.Value) with { UsedOn = 0 }).Encode())], default);
        Assert.Equal((0, 0), await SweepAsync(server, 400));
        Assert.Equal(DayOf(Today(server)), (await KeyRowAsync(server, account)).UsedOn);
        Assert.Equal((0, 0), await SweepAsync(server, 90));
        Assert.Equal((1, 0), await SweepAsync(server, 1));
    }

    [Fact]
    public async Task Where_too_many_are_due_at_once_none_is_erased_until_somebody_confirms_it()
    {
        await using var server = await OpenAsync();
        for (var i = 0; i <= OrphanAccounts.BrakeFloor; i++) await server.NewAccountAsync(_random, $"many {i}");
        Assert.Equal((OrphanAccounts.BrakeFloor + 1, 0), await SweepAsync(server, 91));
        Assert.Equal((0, 0), await WaitAsync(server, 30));
        server.Time.Advance(TimeSpan.FromDays(1));
        var report = await server.Service.Sweeper.SweepAsync(TimeSpan.FromDays(1), default);
        Assert.Equal((0, OrphanAccounts.BrakeFloor + 1, false), (report.Inactive, report.InactiveLeft, report.Stopped));
        report = await server.Service.Sweeper.SweepAsync(TimeSpan.FromDays(1), brake: false, default);
        Assert.Equal(0, report.Inactive);
        report = await server.Service.Sweeper.SweepAsync(
            TimeSpan.FromDays(1), brake: true, default, inactiveBrake: false);
        Assert.Equal((OrphanAccounts.BrakeFloor + 1, 0), (report.Inactive, report.InactiveLeft));
        Assert.Equal(OrphanAccounts.BrakeFloor + 1, (await server.Service.Erasures.ResumeAsync(default)).Erased);
    }

    [Fact]
    public async Task Without_the_setting_nothing_is_looked_at()
    {
        await using var server = await TestService.OpenAsync();
        var (account, _, _) = await server.NewAccountAsync(_random, "free");
        for (var i = 0; i < 5; i++) Assert.Equal((0, 0), await SweepAsync(server, 400));
        Assert.Null(await server.Keys.ReadAsync(AppFeedRow.Place(TestAccount.DefaultApp), default));
        Assert.Equal(0UL, (await KeyRowAsync(server, account)).WarnedOn);
    }

    private static async Task<TestService> OpenAsync(Func<IKeyStore, IKeyStore>? between = null)
    {
        var server = await TestService.OpenAsync(
            Directory.CreateTempSubdirectory("keyrecovery-inactive-").FullName, SystemRandom.Instance, between);
        server.Inactive = new InactivityPolicy(90, 30);
        return server;
    }

    // In strides that leave no gap.
    private static async Task<(int Warned, int Erased)> WaitAsync(TestService server, int days)
    {
        var (warned, erased) = (0, 0);
        for (var left = days; left > 0; left -= 2)
        {
            var swept = await SweepAsync(server, Math.Min(2, left));
            (warned, erased) = (warned + swept.Warned, erased + swept.Erased);
        }

        return (warned, erased);
    }

    private static async Task<(int Warned, int Erased)> SweepAsync(TestService server, int days)
    {
        server.Time.Advance(TimeSpan.FromDays(days));
        var report = await server.Service.Sweeper.SweepAsync(TimeSpan.FromDays(1), default);
        return (report.Warned, report.Inactive);
    }

    private static async Task<List<AppEvent>> ToldAsync(TestService server) =>
        [.. (await server.Service.Feed.ReadAsync(TestAccount.DefaultApp, default, FeedReader.MostEvents, default))
            .Events.Where(one => one.Kind == AppEventKind.Inactive)];

    private static async Task<(DateOnly? WarnedOn, DateOnly? ErasableOn)> WarnedAsync(
        TestService server, TestAccount account)
    {
        var report = await ReportAsync(server, account);
        return (report.WarnedOn, report.ErasableOn);
    }

    private static async Task<AccountReport> ReportAsync(TestService server, TestAccount account) =>
        Assert.IsType<Outcome<AccountReport>.Done>(await server.Service.Desk.ReadAsync(
            TestAccount.DefaultApp, account.Now.Account, default)).Value;

    private static async Task<KeyRow> KeyRowAsync(TestService server, TestAccount account) => KeyRow.Decode(
        (await server.Keys.ReadAsync(new RowIds(server.LookupKey).KeyRow(account.Now.Account), default))!.Value);

    private static DateOnly Today(TestService server) => DateOnly.FromDateTime(server.Time.GetUtcNow().UtcDateTime);

    private static ulong DayOf(DateOnly day) =>
        (ulong)(day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber);
}
