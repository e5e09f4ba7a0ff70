using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>Many at once: each has its own transactions, whichever commits they share.</summary>
public sealed class BulkErasureTests
{
    private readonly TestRandom _random = new(29);

    [Trait("Category", "Long")]
    [Fact]
    public async Task A_job_of_several_groups_erases_each_user_once_and_leaves_nothing_pending_where_lines_repeat()
    {
        await using var server = await TestService.OpenAsync();
        for (var i = 0; i < 150; i++) await server.NewAccountAsync(_random, $"user {i}");
        var (kept, keptPhone, _) = await server.NewAccountAsync(_random, "kept");
        // The same user in one group, and in groups far apart; strangers between.
        var lines = Enumerable.Range(0, 150)
            .SelectMany(i => i % 10 == 0 ? [$"user {i}", $"user {i}", $"nobody {i}"] : new[] { $"user {i}" })
            .Append("user 3").ToArray();
        var job = await server.FileErasuresAsync(lines);
        var report = await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal((150, 0, (string?)null), (report.Erased, report.Pending, report.Problem));

        var told = await server.JobAsync(job);
        Assert.Equal((166, 15, 0), (told.Erased, told.Unknown, told.Pending));
        for (var i = 0; i < lines.Length; i++)
            Assert.Equal(lines[i].StartsWith("nobody", StringComparison.Ordinal)
                ? LineOutcome.Unknown : LineOutcome.Erased, told.Outcomes[i].Outcome);
        var receipts = told.Outcomes.Zip(lines).Where(o => o.First.Outcome == LineOutcome.Erased)
            .GroupBy(o => o.Second, o => Convert.ToHexString(o.First.Receipt.Span)).ToList();
        Assert.All(receipts, r => Assert.Single(r.Distinct()));
        Assert.Equal(150, receipts.Select(r => r.First()).Distinct().Count());
        Assert.Equal((1, 1, 1),
            (await server.CountAsync(Table.Links), await server.CountAsync(Table.Subjects),
                await server.CountAsync(Table.Slots)));
        (await server.PassAsync(kept, keptPhone)).Dispose();
    }

    [Fact]
    public async Task An_account_of_more_rows_than_a_batch_goes_whole_beside_small_ones()
    {
        await using var server = await TestService.OpenAsync();
        var (phone, code) = (TestAuthority.Device(_random), TestAuthority.Code(_random));
        var account = TestAccount.Begin(_random, phone, [code]);
        Assert.IsType<Outcome<Accounts.Heads>.Done>(await server.CreateAsync(account, "large"));
        for (var commit = 0; commit < 3; commit++)
        {
            var put = Enumerable.Range(0, 200).Select(_ => (new ItemId(_random.Bytes(16)), _random.Bytes(8)));
            Assert.IsType<Outcome<Accounts.Heads>.Done>(
                await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange { Put = [.. put] })));
        }

        Assert.Equal(600, await server.CountAsync(Table.Items));
        for (var i = 0; i < 3; i++) await server.NewAccountAsync(_random, $"small {i}");
        await server.FileErasuresAsync("small 0", "large", "small 1", "small 2");
        var report = await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal((4, 0), (report.Erased, report.Pending));
        Assert.Equal(
            (0, 4), (await server.CountAsync(Table.Links, Table.Keysets, Table.Manifests, Table.Items, Table.History,
                Table.Trails), await server.CountAsync(Table.Accounts)));
    }

    [Fact]
    public async Task Many_holds_that_are_due_and_many_second_receipts_are_done_in_one_pass_each()
    {
        await using var server = await TestService.OpenAsync();
        for (var i = 0; i < 70; i++)
        {
            var (account, phone, _) = await server.NewAccountAsync(_random, $"user {i}");
            await server.RequestErasureAsync(account, phone);
        }

        server.Time.Advance(TimeSpan.FromHours(72));
        Assert.Equal((70, 0), await server.Service.Erasures.ResumeAsync(default) is var first
            ? (first.Erased, first.Pending) : default);
        Assert.Equal((0, 70), await server.Service.Erasures.ResumeAsync(default) is var waiting
            ? (waiting.Final, waiting.AwaitKek) : default);
        await server.Service.Rotation.RunAsync(begin: true, null, default);
        Assert.Equal((70, 0), await server.Service.Erasures.ResumeAsync(default) is var second
            ? (second.Final, second.AwaitKek) : default);
    }
}
