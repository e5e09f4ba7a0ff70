using System.Text;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Operators;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Service.Tests.Log;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Operators;

/// <summary>A legal hold against an erasure, whoever asks for it; and what is told of it, and to whom.</summary>
public sealed class LegalHoldTests
{
    private const string Issuer = "https://officers.example";
    private const string Reason = "<b>court order</b> \u202E 17/4";

    private readonly TestRandom _random = new(71);

    [Theory]
    [InlineData(72)]
    [InlineData(0)]
    public async Task What_a_device_asks_for_waits_and_goes_on_by_itself_when_the_hold_is_released(int hours)
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.FromHours(hours);
        var (account, phone, _) = await server.NewAccountAsync(_random, "held");
        Done(await HoldAsync(server, account));

        // Of several rows no order is promised: one at a time.
        await server.LogAsync();
        var asked = await server.RequestErasureAsync(account, phone);
        await server.LogAsync();
        Assert.Equal((ErasureState.Held, true), (asked.State, asked.HasLegalHold));
        server.Time.Advance(TimeSpan.FromHours(73));
        await server.Service.Erasures.ResumeAsync(default);
        using (var open = await server.PassAsync(account, phone))
        {
            var waits = await server.Service.Erasures.StatusAsync(open, default);
            Assert.Equal((ErasureState.Held, true, 0), (waits.State, waits.HasLegalHold, waits.DueInMs));
        }

        Done(await ReleaseAsync(server, account));
        await server.LogAsync();
        await server.Service.Erasures.ResumeAsync(default);

        var receipt = (await server.RefusedAsync(account, phone)).Receipt;
        Assert.True(SignedErasureReceipt.Decode(receipt).Receipt.IsOf(account.Now.Account));
        await server.LogAsync();
        Assert.Equal(
            [
                (AuditEvent.Created, AuditRole.Device), (AuditEvent.Held, AuditRole.Operator),
                (AuditEvent.ErasureRequested, AuditRole.Device), (AuditEvent.Released, AuditRole.Operator),
                (AuditEvent.Erased, AuditRole.Server),
            ],
            (await LogWorld.LeavesAsync(server)).Select(leaf => AuditLeaf.Decode(leaf))
                .Select(leaf => (leaf.Event, leaf.Role)));
        Assert.Empty((await server.Service.Audit.RunAsync(default)).Damaged);
    }

    [Fact]
    public async Task A_device_may_still_call_off_what_waits_for_a_hold()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "held");
        Done(await HoldAsync(server, account));
        await server.RequestErasureAsync(account, phone);
        server.Time.Advance(TimeSpan.FromHours(73));
        await server.Service.Erasures.ResumeAsync(default);
        await server.CancelErasureAsync(account, phone);

        Done(await ReleaseAsync(server, account));
        await server.Service.Erasures.ResumeAsync(default);
        using var open = await server.PassAsync(account, phone);
        Assert.Equal(ErasureState.None, (await server.Service.Erasures.StatusAsync(open, default)).State);
    }

    [Fact]
    public async Task A_line_of_a_job_is_held_and_names_its_account_and_is_erased_when_the_hold_is_released()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "held");
        Done(await HoldAsync(server, account));
        var job = await server.FileErasuresAsync("held", "nobody");
        await server.Service.Erasures.ResumeAsync(default);
        var waits = await server.JobAsync(job);
        Assert.Equal([LineOutcome.Held, LineOutcome.Unknown], waits.Outcomes.Select(line => line.Outcome));
        Assert.Equal((1, 0, 1), (waits.Pending, waits.Erased, waits.Unknown));
        (await server.PassAsync(account, phone)).Dispose();

        Done(await ReleaseAsync(server, account));
        await server.Service.Erasures.ResumeAsync(default);
        var ended = await server.JobAsync(job);
        Assert.Equal([LineOutcome.Erased, LineOutcome.Unknown], ended.Outcomes.Select(line => line.Outcome));
        Assert.Equal((0, 1, 1), (ended.Pending, ended.Erased, ended.Unknown));
    }

    [Fact]
    public async Task A_hold_behind_the_point_of_no_return_is_told_so_and_is_none()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "gone");
        await server.FileErasuresAsync("gone");
        await server.Service.Erasures.ResumeAsync(default);

        Assert.Equal(ErrorCode.Erased, Failure(await HoldAsync(server, account)).Code);
        Assert.Equal(0, await server.CountAsync(Table.Restraints));
        Assert.Equal(ErrorCode.Erased, (await server.RefusedAsync(account, phone)).Code);
    }

    [Fact]
    public async Task What_an_older_key_store_brings_back_is_erased_again_though_it_was_held_on_that_day()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, code) = await server.NewAccountAsync(_random, "back");
        Done(await HoldAsync(server, account));
        var ids = new RowIds(server.LookupKey);
        var before = new List<Row>();
        foreach (var place in new[]
        {
            ids.KeyRow(account.Now.Account), ids.Slot(code.Id),
        })
            before.Add((await server.Keys.ReadAsync(place, default))!);
        Done(await ReleaseAsync(server, account));
        await server.FileErasuresAsync("back");
        await server.Service.Erasures.ResumeAsync(default);
        await server.Keys.WriteAsync([.. before.Select(row => new RowWrite.Remove(row.Key))], default);
        await server.Keys.WriteAsync([.. before.Select(row => new RowWrite.Ensure(row.Key, row.Value))], default);

        Assert.Equal(1, await server.Service.Erasures.ReplayAsync(default));
        await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal(ErrorCode.Erased, (await server.RefusedAsync(account, phone)).Code);
    }

    [Fact]
    public async Task The_reason_lies_sealed_is_told_to_operators_alone_and_goes_with_the_account()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "held");
        Done(await HoldAsync(server, account));
        Assert.False(await IsStoredAsync(server, "court order"));
        Assert.False(await IsStoredAsync(server, "case-1"));
        var hold = Assert.Single(Done(await HoldsAsync(server, account)));
        Assert.Equal((Reason, "case-1", Issuer, true), (hold.Reason, hold.Reference, hold.By, hold.IsOpen));
        // The control: what is not sealed is found.
        Assert.True(await IsStoredAsync(server, "key-row"));

        Done(await ReleaseAsync(server, account));
        await server.FileErasuresAsync("held");
        await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal(ErrorCode.Erased, (await server.RefusedAsync(account, phone)).Code);
        var trace = Assert.Single(Done(await HoldsAsync(server, account)));
        Assert.Equal(("", "", Issuer, Issuer), (trace.Reason, trace.Reference, trace.By, trace.ReleasedBy));
        Assert.True(trace is { Since: > 0, Released: > 0 });
    }

    [Fact]
    public async Task The_accounts_devices_read_that_it_was_held_and_released_by_an_operator_and_by_none_by_name()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "held");
        Done(await HoldAsync(server, account));
        Done(await ReleaseAsync(server, account));
        Assert.True(await server.Service.Restraints.ResumeAsync(default));
        await server.LogAsync();
        Assert.False(await server.Service.Restraints.ResumeAsync(default));

        using var open = await server.PassAsync(account, phone);
        var told = (await server.Service.Activity.ReadAsync(open, null, 10, 0, default)).Entries;
        var details = told.Select(entry => AuditDetail.Decode(entry.Detail)).ToList();
        Assert.Equal(
            [AuditEvent.Released, AuditEvent.Held, AuditEvent.Created], details.Select(detail => detail.Event));
        Assert.All(details.Take(2), detail => Assert.Equal(
            (AuditRole.Operator, null, ""), (detail.Role, detail.Actor, detail.Network)));
        Assert.All(told, entry => Assert.NotNull(entry.Index));
        Assert.Empty((await server.Service.Audit.RunAsync(default)).Damaged);
    }

    [Fact]
    public async Task The_same_hold_again_is_the_same_and_a_reference_names_one_for_good()
    {
        await using var server = await TestService.OpenAsync();
        var (account, _, _) = await server.NewAccountAsync(_random, "held");
        var first = Done(await HoldAsync(server, account));
        server.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(first.HeldSince, Done(await HoldAsync(server, account)).HeldSince);
        Assert.Equal((ErrorCode.Conflict, "hold"), Told(await HoldAsync(server, account, "case-2")));
        Assert.Equal((ErrorCode.NotFound, "reference"), Told(await ReleaseAsync(server, account, "case-2")));

        Assert.Null(Done(await ReleaseAsync(server, account)).HeldSince);
        Assert.Null(Done(await ReleaseAsync(server, account)).HeldSince);
        // What somebody recorded holds nothing again.
        Assert.Equal((ErrorCode.Conflict, "reference"), Told(await HoldAsync(server, account)));
        Assert.NotNull(Done(await HoldAsync(server, account, "case-2")).HeldSince);
        await server.LogAsync();
        Assert.Equal(4, (await LogWorld.LeavesAsync(server)).Count);
    }

    [Fact]
    public async Task Another_apps_operator_finds_no_such_account_and_changes_nothing()
    {
        await using var server = await TestService.OpenAsync();
        var (account, _, _) = await server.NewAccountAsync(_random, "mine");
        var (desk, id) = (server.Service.Desk, account.Now.Account);
        Assert.Equal(ErrorCode.NotFound, Failure(await desk.ReadAsync("other", id, default)).Code);
        Assert.Equal(ErrorCode.NotFound, Failure(await desk.SuspendAsync("other", id, default)).Code);
        Assert.Equal(ErrorCode.NotFound, Failure(await desk.ResumeAsync("other", id, default)).Code);
        Assert.Equal(
            ErrorCode.NotFound, Failure(await desk.HoldAsync("other", id, "why", "case", Issuer, default)).Code);
        Assert.Equal(ErrorCode.NotFound, Failure(await desk.ReleaseAsync("other", id, "case", Issuer, default)).Code);
        Assert.IsType<Outcome<System.Collections.Immutable.ImmutableArray<Restraints.LegalHold>>.Failed>(
            await desk.HoldsAsync("other", id, default));
        Assert.Equal(0, await server.CountAsync(Table.Restraints));
        Assert.Equal(ReportedState.Open, Done(await desk.ReadAsync(TestAccount.DefaultApp, id, default)).State);
    }

    internal static ValueTask<Outcome<AccountReport>> HoldAsync(
        TestService server, TestAccount account, string reference = "case-1") => server.Service.Desk.HoldAsync(
        TestAccount.DefaultApp, account.Now.Account, Reason, reference, Issuer, default);

    internal static ValueTask<Outcome<AccountReport>> ReleaseAsync(
        TestService server, TestAccount account, string reference = "case-1") => server.Service.Desk.ReleaseAsync(
        TestAccount.DefaultApp, account.Now.Account, reference, Issuer, default);

    private static ValueTask<Outcome<System.Collections.Immutable.ImmutableArray<Restraints.LegalHold>>> HoldsAsync(
        TestService server, TestAccount account) =>
        server.Service.Desk.HoldsAsync(TestAccount.DefaultApp, account.Now.Account, default);

    private static T Done<T>(Outcome<T> outcome) => Assert.IsType<Outcome<T>.Done>(outcome).Value;

    private static ServiceFailure Failure(Outcome<AccountReport> outcome) =>
        Assert.IsType<Outcome<AccountReport>.Failed>(outcome).Failure;

    private static (ErrorCode, string?) Told(Outcome<AccountReport> outcome) =>
        Failure(outcome) is var failure ? (failure.Code, failure.Field) : default;

    private static async Task<bool> IsStoredAsync(TestService server, string text)
    {
        var sought = Encoding.UTF8.GetBytes(text);
        foreach (var table in TableRegistry.Default.All)
        {
            IRowStore store = table.Store == StoreKind.Data ? server.Data : server.Keys;
            await foreach (var row in store.ScanAsync(table, default))
                if (row.Value.Span.IndexOf(sought) >= 0 || row.Key.Id.Span.IndexOf(sought) >= 0) return true;
        }

        return false;
    }
}
