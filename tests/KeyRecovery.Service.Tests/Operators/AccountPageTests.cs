using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Operators;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Operators;

/// <summary>An app's accounts, page by page: each that lives once, none of another app, none that is erased.</summary>
public sealed class AccountPageTests
{
    private const string OtherApp = "other";

    private readonly TestRandom _random = new(73);
    private readonly Dictionary<string, string> _subjects = [];

    [Fact]
    public async Task Pages_of_any_size_tell_each_account_once_and_none_of_another_app()
    {
        await using var server = await TestService.OpenAsync();
        var (mine, others) = (await FillAsync(server, TestAccount.DefaultApp, 9), await FillAsync(server, OtherApp, 5));
        foreach (var limit in new[] { 1, 4, 200 })
        {
            Assert.Equal(mine, (await ReadAsync(server, TestAccount.DefaultApp, limit)).Order());
            Assert.Equal(others, (await ReadAsync(server, OtherApp, limit)).Order());
        }

        Assert.Empty(await ReadAsync(server, "nobody's", 7));
    }

    [Fact]
    public async Task Made_and_erased_between_two_pages_breaks_none_and_repeats_none()
    {
        await using var server = await TestService.OpenAsync();
        var accounts = await FillAsync(server, TestAccount.DefaultApp, 8);
        var first = (await PageAsync(server, null, 3))!;
        var told = first.Accounts.Select(report => $"{report.Account}").ToList();
        // One that was told, and one that was not.
        var gone = accounts.Except(told).First();
        await server.FileErasuresAsync(_subjects[told[0]], _subjects[gone]);
        await server.Service.Erasures.ResumeAsync(default);
        await FillAsync(server, TestAccount.DefaultApp, 4, from: 100);
        for (var next = first.Next; next is not null;)
        {
            var page = (await PageAsync(server, next, 3))!;
            told.AddRange(page.Accounts.Select(report => $"{report.Account}"));
            next = page.Next;
        }

        Assert.Equal(told.Count, told.Distinct().Count());
        Assert.Equal([gone], accounts.Except(told));
        Assert.DoesNotContain(gone, await ReadAsync(server, TestAccount.DefaultApp, 200));
        Assert.Equal(10, await server.CountAsync(Table.AppAccounts));
    }

    [Fact]
    public async Task A_page_tells_of_each_what_is_told_of_it_alone()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "one");
        await server.Service.Desk.SuspendAsync(TestAccount.DefaultApp, account.Now.Account, default);
        await server.RequestErasureAsync(account, phone);
        var alone = Assert.IsType<Errors.Outcome<AccountReport>.Done>(
            await server.Service.Desk.ReadAsync(TestAccount.DefaultApp, account.Now.Account, default)).Value;
        var told = Assert.Single((await PageAsync(server, null, 5))!.Accounts);
        Assert.Equal(Text(alone), Text(told));
        Assert.NotNull(told.Erasure);
    }

    [Fact]
    public async Task A_cursor_is_of_one_app_and_of_nothing_else_and_tells_nothing()
    {
        await using var server = await TestService.OpenAsync();
        await FillAsync(server, TestAccount.DefaultApp, 6);
        await FillAsync(server, OtherApp, 6);
        var (one, same) = ((await PageAsync(server, null, 2))!.Next!, (await PageAsync(server, null, 2))!.Next!);
        Assert.NotEqual(one, same);
        Assert.Null(await server.Service.Desk.PageAsync(OtherApp, one, 2, default));
        Assert.NotNull(await PageAsync(server, one, 2));
        foreach (var none in new[]
        {
            "", "A", "!", new string('A', 100), new string('A', 100_000), one[..^4], $"{one}AAAA", "\0", "\u202e",
            $"{one[..40]}{(one[40] == 'A' ? 'B' : 'A')}{one[41..]}",
        }) Assert.Null(await PageAsync(server, none, 2));
    }

    [Fact]
    public async Task One_that_is_lost_or_does_not_open_is_told_so_and_holds_up_nobody()
    {
        await using var server = await TestService.OpenAsync();
        var (lost, phone, _) = await server.NewAccountAsync(_random, "lost");
        var (damaged, tablet, _) = await server.NewAccountAsync(_random, "damaged");
        await server.NewAccountAsync(_random, "whole");
        using (var open = await server.PassAsync(lost, phone))
            await server.Data.WriteAsync([new RowWrite.Remove(open.Rows.Account)], default);
        using (var open = await server.PassAsync(damaged, tablet))
        {
            var row = (await server.Data.ReadAsync(open.Rows.Account, default))!;
            await server.Data.WriteAsync([new RowWrite.Replace(row, new byte[row.Value.Length])], default);
        }

        var told = (await PageAsync(server, null, 10))!.Accounts.ToDictionary(one => one.Account, one => one.State);
        Assert.Equal(
            (3, ReportedState.VaultLost, ReportedState.Damaged),
            (told.Count, told[lost.Now.Account], told[damaged.Now.Account]));
    }

    [Fact]
    public async Task A_sweep_adds_whom_the_list_lacks_and_takes_out_whoever_is_gone()
    {
        await using var server = await TestService.OpenAsync();
        var accounts = await FillAsync(server, TestAccount.DefaultApp, 3);
        using var lookups = new Lookups(server.LookupKey, _random);
        await foreach (var row in server.Keys.ScanAsync(Table.AppAccounts, default))
            await server.Keys.WriteAsync([new RowWrite.Delete(row)], default);
        var nobody = new AccountId(_random.Bytes(16));
        await server.Keys.WriteAsync(
            [lookups.Ensure(lookups.Ids.AppAccount(TestAccount.DefaultApp, nobody), nobody)], default);
        Assert.Empty(await ReadAsync(server, TestAccount.DefaultApp, 5));
        // Nobody is lost by it, and every store of before there were lists is so.
        Assert.Empty((await server.Service.Audit.RunAsync(default)).Damaged);
        server.Time.Advance(TimeSpan.FromDays(2));
        await server.Service.Sweeper.SweepAsync(TimeSpan.FromDays(1), default);
        Assert.Equal(accounts, (await ReadAsync(server, TestAccount.DefaultApp, 5)).Order());
        Assert.Equal(3, await server.CountAsync(Table.AppAccounts));
        Assert.Empty((await server.Service.Audit.RunAsync(default)).Damaged);

        var (one, _, _) = await server.NewAccountAsync(_random, "one whose place leads elsewhere");
        await server.Keys.WriteAsync(
            [lookups.Ensure(lookups.Ids.AppAccount(TestAccount.DefaultApp, one.Now.Account), nobody)], default);
        Assert.NotEmpty((await server.Service.Audit.RunAsync(default)).Damaged);
    }

    private static string Text(AccountReport report)
    {
        var bare = report with { Authorities = ImmutableSortedDictionary<AuthorityKind, int>.Empty };
        return $"{bare} {string.Join(' ', report.Authorities)}";
    }

    private static ValueTask<AccountPage?> PageAsync(TestService server, string? after, int limit) =>
        server.Service.Desk.PageAsync(TestAccount.DefaultApp, after, limit, default);

    private static async Task<List<string>> ReadAsync(TestService server, string app, int limit)
    {
        var (told, next) = (new List<string>(), (string?)null);
        do
        {
            var page = (await server.Service.Desk.PageAsync(app, next, limit, default))!;
            Assert.InRange(page.Accounts.Length, 0, limit);
            told.AddRange(page.Accounts.Select(report => $"{report.Account}"));
            next = page.Next;
        }
        while (next is not null);
        return told;
    }

    // In the order of their ids.
    private async Task<List<string>> FillAsync(TestService server, string app, int count, int from = 0)
    {
        var ids = new List<string>();
        for (var i = from; i < from + count; i++)
        {
            var (phone, code) = (TestAuthority.Device(_random), TestAuthority.Code(_random));
            var account = TestAccount.Begin(_random, phone, [code], app);
            Assert.IsType<Errors.Outcome<Heads>.Done>(await server.CreateAsync(account, $"user {i}"));
            ids.Add($"{account.Now.Account}");
            _subjects[ids[^1]] = $"user {i}";
        }

        return [.. ids.Order()];
    }
}
