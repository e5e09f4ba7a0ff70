using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Operators;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Operators;

/// <summary>
/// A suspended account is read and erased, and not changed; and what operators are told of an account.
/// </summary>
public sealed class SuspensionTests
{
    private readonly TestRandom _random = new(72);

    [Fact]
    public async Task A_change_is_refused_at_the_gate_and_a_read_is_not_until_it_is_resumed()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, code) = await server.NewAccountAsync(_random, "paused");
        Assert.NotNull(Done(await SuspendAsync(server, account)).SuspendedSince);
        Assert.Equal(ErrorCode.Suspended, await ChangeAsync(server, account, phone));
        Assert.Equal(ErrorCode.Suspended, await ChangeAsync(server, account, code));
        // A stranger hears nothing of it.
        Assert.Equal(ErrorCode.SignatureInvalid, await ChangeAsync(server, account, TestAuthority.Device(_random)));
        (await server.PassAsync(account, phone)).Dispose();

        Assert.Null(Done(await ResumeAsync(server, account)).SuspendedSince);
        Assert.Null(await ChangeAsync(server, account, phone));
    }

    [Fact]
    public async Task A_commit_that_was_past_the_gate_and_has_to_look_again_is_refused()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "paused");
        using var open = await server.PassAsync(account, phone);
        var commit = account.Commit(phone, new AccountChange { Add = [TestAuthority.Code(_random)] });
        Done(await SuspendAsync(server, account));
        await server.LogAsync();
        // Its activity tells of it, so the row that the commit was planned from is of before.
        await server.Service.Restraints.ResumeAsync(default);
        var outcome = await server.Service.Commits.CommitAsync(open, commit, default);
        Assert.Equal(ErrorCode.Suspended, Assert.IsType<Outcome<Heads>.Failed>(outcome).Failure.Code);
    }

    [Fact]
    public async Task Erasure_by_a_device_goes_on_while_it_is_suspended()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "paused");
        Done(await SuspendAsync(server, account));
        Assert.Equal(ErasureState.Held, (await server.RequestErasureAsync(account, phone)).State);
        server.Time.Advance(TimeSpan.FromHours(73));
        Assert.Equal(1, (await server.Service.Erasures.ResumeAsync(default)).Erased);
        Assert.Equal(ErrorCode.Erased, (await server.RefusedAsync(account, phone)).Code);
    }

    [Fact]
    public async Task It_outlives_the_loss_of_the_accounts_data()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "paused");
        Done(await SuspendAsync(server, account));
        using (var open = await server.PassAsync(account, phone))
            await server.Data.WriteAsync([new RowWrite.Remove(open.Rows.Account)], default);

        var lost = Done(await server.Service.Desk.ReadAsync(
            TestAccount.DefaultApp, account.Now.Account, default));
        Assert.Equal((ReportedState.VaultLost, true), (lost.State, lost.SuspendedSince is not null));
        Assert.Null(Done(await ResumeAsync(server, account)).SuspendedSince);
    }

    [Fact]
    public async Task A_report_tells_how_much_there_is_and_when_and_finds_an_account_by_its_user()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "found");
        var today = DateOnly.FromDateTime(server.Time.GetUtcNow().UtcDateTime);
        server.Time.Advance(TimeSpan.FromDays(2));
        using (var open = await server.PassAsync(account, phone))
            Assert.IsType<Outcome<Heads>.Done>(await server.Service.Commits.CommitAsync(
                open, account.Commit(phone, new AccountChange { Add = [TestAuthority.Code(_random)] }), default));

        AppUser user;
        using (var open = await server.PassAsync(account, phone)) user = open.State.User;
        var report = Done(await server.Service.Desk.FindAsync(user, default));
        Assert.Equal((account.Now.Account, ReportedState.Open), (report.Account, report.State));
        Assert.Equal((1, 2), (report.Authorities[AuthorityKind.Device], report.Authorities[AuthorityKind.Code]));
        Assert.Equal((today, today.AddDays(2)), (report.CreatedOn, report.ChangedOn));
        Assert.Null(report.Erasure);
        Assert.Equal(ErrorCode.NotFound, Assert.IsType<Outcome<AccountReport>.Failed>(
            await server.Service.Desk.FindAsync(user with { Subject = "nobody" }, default)).Failure.Code);

        await server.RequestErasureAsync(account, phone);
        Assert.Equal(ErasureState.Held, Done(await server.Service.Desk.FindAsync(user, default)).Erasure!.State);
    }

    private static ValueTask<Outcome<AccountReport>> SuspendAsync(TestService server, TestAccount account) =>
        server.Service.Desk.SuspendAsync(TestAccount.DefaultApp, account.Now.Account, default);

    private static ValueTask<Outcome<AccountReport>> ResumeAsync(TestService server, TestAccount account) =>
        server.Service.Desk.ResumeAsync(TestAccount.DefaultApp, account.Now.Account, default);

    // What the gate says to one who wants to change something; null where it lets them in.
    private static async Task<ErrorCode?> ChangeAsync(TestService server, TestAccount account, TestAuthority who)
    {
        var keyId = KeyId.OfDevice(account.Now.Account, who.Id);
        var passed = await server.Service.Gate.PassAsync(
            keyId, key => key == who.Signing.PublicKey, default, isChange: true);
        if (passed is GateResult.Shut(var failure)) return failure.Code;
        ((GateResult.Open)passed).Account.Dispose();
        return null;
    }

    private static AccountReport Done(Outcome<AccountReport> outcome) =>
        Assert.IsType<Outcome<AccountReport>.Done>(outcome).Value;
}
