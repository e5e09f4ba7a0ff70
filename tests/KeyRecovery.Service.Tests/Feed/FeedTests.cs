using System.Text;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Operators;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Feed;

/// <summary>What an app's back end is told of its accounts, and what is counted of them.</summary>
public sealed class FeedTests
{
    private readonly TestRandom _random = new(71);

    [Fact]
    public async Task Each_thing_that_links_and_acts_do_is_told_once_in_its_order_and_counted()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, code) = await server.NewAccountAsync(_random, "a <b>\u202Ename\u2066");
        var (laptop, tablet) = (TestAuthority.Device(_random), TestAuthority.Device(_random));
        await server.DoAsync(account, phone, new AccountChange { Add = [laptop] });
        // An item alone is nobody's business.
        await server.DoAsync(account, phone, new AccountChange { Put = [(new ItemId(_random.Bytes(16)), [1, 2])] });
        using (var recovering = await server.PassAsync(account, code))
            await server.Service.Tries.TellAsync(recovering, default);
        await server.DoAsync(account, code, new AccountChange { Add = [tablet] });
        await server.DoAsync(account, phone, new AccountChange { Remove = [laptop, code] });
        await server.LogAsync();

        var (told, next) = await server.Service.ReadAllAsync();

        Assert.Equal(
            [
                (AppEventKind.AccountCreated, null, phone.Id),
                .. Added(phone, code),
                (AppEventKind.DeviceAdded, AuthorityKind.Device, laptop.Id),
                (AppEventKind.DeviceLinked, AuthorityKind.Device, laptop.Id),
                (AppEventKind.RecoveryBegun, null, code.Id),
                (AppEventKind.DeviceAdded, AuthorityKind.Device, tablet.Id),
                (AppEventKind.RecoveryDone, AuthorityKind.Code, tablet.Id),
                .. new[] { laptop, code }.OrderBy(one => one.Id).Select(one => one == code
                    ? (AppEventKind.SlotRemoved, (AuthorityKind?)AuthorityKind.Code, code.Id)
                    : (AppEventKind.DeviceRemoved, AuthorityKind.Device, laptop.Id)),
            ],
            told.Select(one => (one.Kind, one.Of, one.Authority!.Value)));
        Assert.All(told, one => Assert.Equal(
            (account.Now.Account, "a <b>\u202Ename\u2066"), (one.Account!.Value, one.Subject)));
        Assert.Equal([0UL, 0, 0, 1, 1, 3, 4, 4, 5, 5], told.Select(one => one.Leaf));
        await server.Service.CountsAreOfAsync(told);
        var slots = (await server.Service.Statistics.ReadAsync(FeedWorld.App, default)).All;
        Assert.Equal(
            (1UL, 0UL), (slots.Of(AppEventKind.SlotAdded, AuthorityKind.Code),
                slots.Of(AppEventKind.SlotAdded, AuthorityKind.Passphrase)));

        // A reader at the end, and one who is ahead of it, get nothing; and nothing of another app's.
        Assert.Empty((await server.Service.Feed.ReadAsync(FeedWorld.App, next, 100, default)).Events);
        var ahead = next with { Next = next.Next + 500 };
        var nothing = await server.Service.Feed.ReadAsync(FeedWorld.App, ahead, 100, default);
        Assert.Equal((0, ahead, false, false), (nothing.Events.Length, nothing.Next, nothing.LeftOut, nothing.HasMore));
        Assert.Empty((await server.Service.Feed.ReadAsync("another", default, 100, default)).Events);
        Assert.Null((await server.Service.Statistics.ReadAsync("another", default)).Since);
    }

    [Fact]
    public async Task What_operators_do_is_told_each_once()
    {
        await using var server = await TestService.OpenAsync();
        var (account, _, _) = await server.NewAccountAsync(_random, "before");
        var (id, service) = (account.Now.Account, server.Service);
        foreach (var decide in new Func<ValueTask<Outcome<AccountReport>>>[]
            {
                () => service.Desk.SuspendAsync(FeedWorld.App, id, default),
                () => service.Desk.ResumeAsync(FeedWorld.App, id, default),
                () => service.Desk.HoldAsync(FeedWorld.App, id, "a court's order", "case 1", "issuer", default),
                () => service.Desk.ReleaseAsync(FeedWorld.App, id, "case 1", "issuer", default),
            })
            Assert.IsType<Outcome<AccountReport>.Done>(await decide());
        Assert.IsType<Outcome<bool>.Done>(
            await service.Mover.MoveAsync(id, FeedWorld.App, "issuer", "behind", default));
        await server.LogAsync();

        var (told, _) = await service.ReadAllAsync();

        AppEventKind[] acts =
        [
            AppEventKind.Suspended, AppEventKind.Resumed, AppEventKind.Held, AppEventKind.Released, AppEventKind.Moved,
        ];
        Assert.Equal(acts.Order(), told.Select(one => one.Kind).Intersect(acts).Order());
        Assert.All(told, one => Assert.Equal((id, "behind"), (one.Account!.Value, one.Subject)));
        await service.CountsAreOfAsync(told);
    }

    [Fact]
    public async Task An_erasure_takes_the_meaning_of_what_was_told_and_leaves_that_it_is_done()
    {
        await using var server = await TestService.OpenAsync();
        var (gone, phone, _) = await server.NewAccountAsync(_random, "gone");
        var (stays, _, _) = await server.NewAccountAsync(_random, "stays");
        await server.RequestErasureAsync(gone, phone);
        await server.LogAsync();
        var (before, _) = await server.Service.ReadAllAsync();
        Assert.Equal(AppEventKind.ErasureHeld, before[^1].Kind);
        Assert.All(before, one => Assert.NotNull(one.Account));
        // What a thief of the stores finds today says whose it is to nobody who has no keys.
        var account = gone.Now.Account.ToArray();
        Assert.False(await HasAsync(server, account));

        server.Time.Advance(server.ErasureHold + TimeSpan.FromHours(1));
        await server.LogAsync();
        await server.LogAsync();
        var (told, _) = await server.Service.ReadAllAsync();

        Assert.Equal(before.Count + 1, told.Count);
        var erased = told[^1];
        // By the erasure's id it is told of which account, to whoever was told before that one was held.
        Assert.NotNull(erased.Erasure);
        Assert.Equal((AppEventKind.Erased, before[^1].Erasure, null, null, null),
            (erased.Kind, erased.Erasure, erased.Account, erased.Authority, erased.Subject));
        foreach (var (was, now) in before.Zip(told))
        {
            Assert.Equal((was.Kind, was.Time, was.Leaf, was.Of), (now.Kind, now.Time, now.Leaf, now.Of));
            if (was.Account == stays.Now.Account) Assert.Equal(was, now);
            else Assert.Equal((null, null, null, null), (now.Account, now.Authority, now.Subject, now.Erasure));
        }

        Assert.False(await HasAsync(server, account));
        await server.Service.CountsAreOfAsync(told);
    }

    [Fact]
    public async Task Many_events_fill_pages_that_are_read_from_anywhere()
    {
        await using var server = await TestService.OpenAsync();
        for (var i = 0; i < 8; i++) await NewAccountsAsync(server, 9);
        var (all, end) = await server.Service.ReadAllAsync(limit: 100);
        Assert.Equal(8 * 9 * 3, all.Count);
        await server.Service.CountsAreOfAsync(all);
        foreach (var at in new ulong[] { 0, 1, 98, 99, 100, 101, 199, 200, 201, 212 })
        {
            var page = await server.Service.Feed.ReadAsync(FeedWorld.App, end with { Next = at }, 100, default);
            Assert.Equal(all.Skip((int)at).Take(100), page.Events);
        }
    }

    [Fact]
    public async Task What_is_older_than_thirty_days_goes_and_a_reader_who_had_stood_there_is_told()
    {
        await using var server = await TestService.OpenAsync();
        await server.NewAccountAsync(_random, "old");
        var begin = (await ReadOneAsync()).Next;
        await NewAccountsAsync(server, 40);
        server.Time.Advance(TimeSpan.FromDays(20));
        await NewAccountsAsync(server, 1);
        Assert.Equal(0, await server.Service.TrimFeedsAsync(default));
        Assert.Equal(3 + 120 + 3, (await server.Service.ReadAllAsync()).Events.Count);
        Assert.Equal(1, await PagesAsync(server));

        server.Time.Advance(TimeSpan.FromDays(11));
        // Whether or not somebody has trimmed.
        for (var trimmed = 0; trimmed < 2; trimmed++)
        {
            var page = await server.Service.Feed.ReadAsync(FeedWorld.App, begin, 100, default);
            Assert.Equal((3, true, false), (page.Events.Length, page.LeftOut, page.HasMore));
            Assert.Equal(123UL, page.Events[0].Number);
            // Who begins today misses nothing that it ever had.
            Assert.False((await server.Service.Feed.ReadAsync(FeedWorld.App, default, 100, default)).LeftOut);
            Assert.Equal(trimmed == 0 ? 1 : 0, await server.Service.TrimFeedsAsync(default));
            Assert.Equal(0, await PagesAsync(server));
        }

        server.Time.Advance(TimeSpan.FromDays(31));
        await server.Service.TrimFeedsAsync(default);
        var none = await server.Service.Feed.ReadAsync(FeedWorld.App, begin, 100, default);
        Assert.Equal((0, true, 126UL), (none.Events.Length, none.LeftOut, none.Next.Next));
        // New ones have their places behind them, though a page is not whole any more.
        await NewAccountsAsync(server, 40);
        var (late, _) = await server.Service.ReadAllAsync(none.Next);
        Assert.Equal((120, 126UL), (late.Count, late[0].Number));
        var counts = await server.Service.Statistics.ReadAsync(FeedWorld.App, default);
        Assert.Equal(82UL, counts.All.Of(AppEventKind.DeviceAdded));
        Assert.Equal(40UL, Assert.Single(counts.Days).Counts.Of(AppEventKind.DeviceAdded));

        async Task<FeedPage> ReadOneAsync()
        {
            await server.LogAsync();
            return await server.Service.Feed.ReadAsync(FeedWorld.App, default, 1, default);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("AQ")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AQAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("\u202E")]
    public void What_is_no_cursor_is_none(string text) => Assert.False(FeedCursor.TryRead(text, out _));

    [Fact]
    public void A_cursor_is_read_as_it_was_written()
    {
        var cursor = new FeedCursor(ulong.MaxValue, 12345678901234567890);
        Assert.True(FeedCursor.TryRead(cursor.ToString(), out var read));
        Assert.Equal(cursor, read);
    }

    private static IEnumerable<(AppEventKind, AuthorityKind?, AuthorityId)> Added(params TestAuthority[] some) => some
        .OrderBy(one => one.Id).Select(one => (
            one.Entry.Kind == AuthorityKind.Device ? AppEventKind.DeviceAdded : AppEventKind.SlotAdded,
            (AuthorityKind?)one.Entry.Kind, one.Id));

    // Three events each.
    private async Task NewAccountsAsync(TestService server, int count)
    {
        for (var i = 0; i < count; i++) await server.NewAccountAsync(_random, $"user {Guid.NewGuid()}");
        await server.LogAsync();
    }

    private static async Task<int> PagesAsync(TestService server)
    {
        var pages = 0;
        await foreach (var _ in server.Keys.ScanAsync(Table.AppPages, default)) pages++;
        return pages;
    }

    // Whether some bytes stand in plain anywhere in what the feed has, and in what waits for it.
    private static async Task<bool> HasAsync(TestService server, byte[] bytes)
    {
        var (found, rows) = (false, 0);
        foreach (var table in new[] { Table.AppFeeds, Table.AppPages, Table.LogHeads })
            await foreach (var row in server.Keys.ScanAsync(table, default))
            {
                rows++;
                found |= row.Value.Span.IndexOf(bytes) >= 0;
                // What is there in plain is found: the name of the app.
                if (table == Table.AppFeeds)
                    Assert.True(row.Value.Span.IndexOf(Encoding.UTF8.GetBytes(FeedWorld.App)) >= 0);
            }

        Assert.InRange(rows, 2, 3);
        return found;
    }
}
