using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Feed;

/// <summary>How much an app may have: accounts and bytes.</summary>
public sealed class QuotaTests
{
    private readonly TestRandom _random = new(73);

    [Fact]
    public async Task No_account_is_made_beyond_the_quota_and_erasing_gives_back()
    {
        await using var server = await TestService.OpenAsync();
        await server.NewAccountAsync(_random, "first");
        server.Quota = new AppQuota(2, null);
        await CountAsync(server);
        var (second, third) = (New(), New());
        Assert.IsType<Outcome<Heads>.Done>(await server.CreateAsync(second, "second"));
        var full = Failure(await server.CreateAsync(third, "third"));
        // A user hears that it is full, and no number.
        Assert.Equal(
            (ErrorCode.QuotaReached, "accounts", null, null), (full.Code, full.Field, full.Most, full.Used));
        // What is there is answered again; and who has an account hears of that one.
        Assert.IsType<Outcome<Heads>.Done>(await server.CreateAsync(second, "second"));
        Assert.Equal(ErrorCode.AccountExists, Failure(await server.CreateAsync(New(), "first")).Code);

        await server.LogAsync();
        await server.FileErasuresAsync("first");
        await server.Service.Erasures.ResumeAsync(default);
        await server.LogAsync();
        // No sweep: the feed tells it, within a minute.
        server.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.IsType<Outcome<Heads>.Done>(await server.CreateAsync(third, "third"));
        Assert.Equal("accounts", Failure(await server.CreateAsync(New(), "fourth")).Field);
    }

    [Fact]
    public async Task Another_instance_hears_of_what_was_made_by_the_feed()
    {
        await using var server = await TestService.OpenAsync();
        server.Quota = new AppQuota(2, null);
        await server.NewAccountAsync(_random, "first");
        var user = new AppUser(TestAccount.DefaultApp, "issuer", "second");
        Assert.IsType<Outcome<Heads>.Done>(await server.Other.Accounts.CreateAsync(user, New().Commits[0], default));
        await server.LogAsync();
        server.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("accounts", Failure(await server.CreateAsync(New(), "third")).Field);
        var third = new AppUser(TestAccount.DefaultApp, "issuer", "third");
        Assert.Equal(
            "accounts", Failure(await server.Other.Accounts.CreateAsync(third, New().Commits[0], default)).Field);
    }

    [Fact]
    public async Task Nothing_grows_beyond_the_quota_of_bytes_and_all_else_goes_on()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, code) = await server.NewAccountAsync(_random, "writes");
        var (item, small) = (NewItem(), NewItem());
        server.Quota = new AppQuota(null, 10_000);
        await server.DoAsync(account, phone, new AccountChange { Put = [(item, _random.Bytes(9_000))] });
        await server.DoAsync(account, phone, new AccountChange { Put = [(small, _random.Bytes(3_000))] });

        var refused = await TryAsync(server, account, phone, new AccountChange { Put = [(NewItem(), [1])] });
        Assert.Equal((ErrorCode.QuotaReached, "bytes"), (refused!.Code, refused.Field));
        refused = await TryAsync(server, account, phone, new AccountChange { Put = [(small, _random.Bytes(6_000))] });
        Assert.Equal((ErrorCode.QuotaReached, "bytes"), (refused!.Code, refused.Field));
        using (var open = await server.PassAsync(account, phone))
        {
            var staged = account.Commit(phone, new AccountChange { Put = [(NewItem(), [1])] }).Items[0];
            account.Forget();
            var failure = Assert.IsType<Outcome<Hash256>.Failed>(
                await server.Service.Staging.PutAsync(open, Hash256.Of(staged.Span), staged, default)).Failure;
            Assert.Equal((ErrorCode.QuotaReached, "bytes"), (failure.Code, failure.Field));
        }

        Assert.Equal("bytes", Failure(await server.CreateAsync(New(), "another")).Field);
        // As much, less, nothing of it; somebody more, somebody less, and recovery.
        await server.DoAsync(account, phone, new AccountChange { Put = [(small, _random.Bytes(3_000))] });
        await server.DoAsync(account, phone, new AccountChange { Put = [(small, _random.Bytes(30))] });
        await server.DoAsync(account, phone, new AccountChange { Delete = [small] });
        var (laptop, tablet) = (TestAuthority.Device(_random), TestAuthority.Device(_random));
        await server.DoAsync(account, phone, new AccountChange { Add = [laptop] });
        await server.DoAsync(account, code, new AccountChange { Add = [tablet] });
        await server.DoAsync(account, phone, new AccountChange { Remove = [laptop], Put = [(NewItem(), [2])] });
        await server.RequestErasureAsync(account, phone);

        // The control.
        server.Quota = AppQuota.None;
        Assert.Null(await TryAsync(server, account, phone, new AccountChange { Put = [(NewItem(), [1])] }));
    }

    [Fact]
    public async Task Without_a_quota_nothing_is_counted_and_with_one_the_back_end_is_told_once()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "first");
        await server.LogAsync();
        await CountAsync(server);
        Assert.Null((await server.Service.Statistics.ReadAsync(FeedWorld.App, default)).Use);
        Assert.Null((await RowAsync(server)).Use);

        server.Quota = new AppQuota(5, 1 << 20);
        var before = (await server.Service.Statistics.ReadAsync(FeedWorld.App, default)).Use!;
        Assert.Equal((1UL, 0UL, (ulong?)null), (before.Accounts, before.Bytes, before.CountedAt));
        await server.DoAsync(account, phone, new AccountChange { Put = [(NewItem(), _random.Bytes(5_000))] });
        await CountAsync(server);
        var use = (await server.Service.Statistics.ReadAsync(FeedWorld.App, default)).Use!;
        Assert.Equal((1UL, 5L, server.Service.Clock.Now.Wall), (use.Accounts, use.Quota.Accounts, use.CountedAt));
        using (var open = await server.PassAsync(account, phone))
            Assert.Equal((ulong)open.State.StoredBytes, use.Bytes);
        Assert.Empty(await TellsAsync(server));

        foreach (var name in new[] { "second", "third", "fourth" }) await server.NewAccountAsync(_random, name);
        for (var i = 0; i < 3; i++) await CountAsync(server);
        Assert.Equal([AppEventKind.QuotaNearlyReached], await TellsAsync(server));
        server.Quota = new AppQuota(4, 1);
        for (var i = 0; i < 3; i++) await CountAsync(server);
        Assert.Equal([AppEventKind.QuotaNearlyReached, AppEventKind.QuotaReached], await TellsAsync(server));
        // Where it has fallen meanwhile, it is news again.
        server.Quota = new AppQuota(40, null);
        await CountAsync(server);
        server.Quota = new AppQuota(4, null);
        await CountAsync(server);
        Assert.Equal(3, (await TellsAsync(server)).Count);
        var (told, _) = await server.Service.ReadAllAsync();
        Assert.All(
            told.Where(one => one.Kind is AppEventKind.QuotaReached or AppEventKind.QuotaNearlyReached),
            one => Assert.Equal(
                (null, null, null, null, null, null),
                (one.Leaf, one.Of, one.Account, one.Authority, one.Subject, one.Erasure)));
        await server.Service.CountsAreOfAsync(told);
    }

    private static async Task CountAsync(TestService server)
    {
        await server.LogAsync();
        server.Time.Advance(TimeSpan.FromMinutes(2));
        await server.Service.Sweeper.SweepAsync(TimeSpan.FromDays(1), default);
    }

    private static async Task<AppFeedRow> RowAsync(TestService server) => AppFeedRow.Decode(
        (await server.Keys.ReadAsync(AppFeedRow.Place(FeedWorld.App), default))!.Value);

    private static async Task<List<AppEventKind>> TellsAsync(TestService server) =>
        [.. (await server.Service.ReadAllAsync()).Events.Select(one => one.Kind)
            .Where(kind => kind is AppEventKind.QuotaReached or AppEventKind.QuotaNearlyReached)];

    private static async Task<ServiceFailure?> TryAsync(
        TestService server, TestAccount account, TestAuthority by, AccountChange change)
    {
        if (await server.CommitAsync(account, by, account.Commit(by, change)) is not Outcome<Heads>.Failed(var failure))
            return null;
        account.Forget();
        return failure;
    }

    private static ServiceFailure Failure(Outcome<Heads> outcome) =>
        Assert.IsType<Outcome<Heads>.Failed>(outcome).Failure;

    private TestAccount New() =>
        TestAccount.Begin(_random, TestAuthority.Device(_random), [TestAuthority.Code(_random)]);

    private ItemId NewItem() => new(_random.Bytes(16));
}
