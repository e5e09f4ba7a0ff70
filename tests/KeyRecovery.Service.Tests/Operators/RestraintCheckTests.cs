using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Restraints;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Operators;

/// <summary>The check of the stores tells where key rows and operators' decisions do not say the same.</summary>
public sealed class RestraintCheckTests
{
    private readonly TestRandom _random = new(79);

    [Fact]
    public async Task A_hold_that_does_not_hold_and_one_that_nobody_decided_are_told_and_nothing_else_is()
    {
        await using var server = await TestService.OpenAsync();
        var (held, _, _) = await server.NewAccountAsync(_random, "held");
        var (free, _, _) = await server.NewAccountAsync(_random, "free");
        await LegalHoldTests.HoldAsync(server, held);
        await SettleAsync(server);
        Assert.Empty(await DamagedAsync(server));

        await RestrainAsync(server, held, AccountRestraints.None);
        Assert.Equal(["restraint: what was decided does not hold"], await DamagedAsync(server));
        // Once an hour it is mended, too.
        server.Time.Advance(TimeSpan.FromHours(2));
        await SettleAsync(server);
        Assert.Empty(await DamagedAsync(server));

        await RestrainAsync(server, free, AccountRestraints.Suspended);
        Assert.Equal(["key row: restrained, and nobody has decided it"], await DamagedAsync(server));
    }

    [Fact]
    public async Task Of_an_account_that_has_a_receipt_no_decision_is_left_that_names_it()
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        var (account, phone, _) = await server.NewAccountAsync(_random, "held");
        await LegalHoldTests.HoldAsync(server, account);
        await SettleAsync(server);
        var restraint = RestraintRows.Of(KeyRowOf(server, account));
        var (before, rows) = (
            await server.Keys.ReadAsync(restraint, default),
            new RestraintRows(server.Keys, server.LookupKey, _random));
        await LegalHoldTests.ReleaseAsync(server, account);
        await SettleAsync(server);
        await server.RequestErasureAsync(account, phone);
        Assert.Empty(await DamagedAsync(server));

        var traced = await server.Keys.ReadAsync(restraint, default);
        await server.Keys.WriteAsync(rows.Write(KeyRowOf(server, account), rows.Open(before!), traced), default);
        Assert.Equal(["restraint: names an account that has a receipt"], await DamagedAsync(server));
        rows.Dispose();
    }

    private static RowKey KeyRowOf(TestService server, TestAccount account) =>
        new RowIds(server.LookupKey).KeyRow(account.Now.Account);

    private static async Task RestrainAsync(TestService server, TestAccount account, AccountRestraints restraints)
    {
        var stored = await server.Keys.ReadAsync(KeyRowOf(server, account), default);
        var row = KeyRow.Decode(stored!.Value) with { Restraints = restraints };
        Assert.IsType<WriteResult.Written>(
            await server.Keys.WriteAsync([new RowWrite.Replace(stored, row.Encode())], default));
    }

    private static async Task SettleAsync(TestService server)
    {
        await server.LogAsync();
        await server.Service.Restraints.ResumeAsync(default);
    }

    private static async Task<IEnumerable<string>> DamagedAsync(TestService server) =>
        (await server.Service.Audit.RunAsync(default)).Damaged;
}
