using KeyRecovery.Protocol.Realms;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Steps;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Feed;

/// <summary>An app is told of wrong guesses at its accounts' slots, and a guess costs no write more for it.</summary>
public sealed class GuessFeedTests
{
    private static readonly PassphrasePolicy Impatient = new() { Budget = 4, Waits = [] };

    [Theory]
    [InlineData("G", "")]
    [InlineData("GR", "")]
    [InlineData("GGR", "W0")]
    [InlineData("GRG", "")]
    [InlineData("GRGGR", "W2")]
    [InlineData("GGG", "W0 W1")]
    [InlineData("GFGF", "W0")]
    [InlineData("GGD", "W0 W1 L2")]
    [InlineData("GGRD", "W0 L3")]
    [InlineData("PGSG", "W1")]
    [InlineData("GGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGR", null)]
    public void What_is_news_of_a_slot(string happened, string? expected)
    {
        var events = default(RealmEvents);
        for (var i = 0; i < happened.Length; i++)
            events = events.Add(DateTimeOffset.FromUnixTimeSeconds(i), KindOf(happened[i]));

        var news = events.News().ToList();
        // More than a row keeps: the oldest are gone, and the newest was right.
        expected ??= string.Join(' ', Enumerable.Range(2, 62).Select(i => $"W{i}"));
        Assert.Equal(expected, string.Join(' ', news.Select(one =>
            $"{(one.Kind == RealmEventKind.Attempt ? 'W' : 'L')}{one.At}")));
        // Also where all came in one second: what was right is not told, and stays what it is.
        var atOnce = default(RealmEvents);
        foreach (var letter in happened) atOnce = atOnce.Add(DateTimeOffset.UnixEpoch, KindOf(letter));
        Assert.Empty(atOnce.Told(atOnce.News()).News());
        Assert.Equal(news.Count, atOnce.News().Count());
        // What was told is none any more, and the owner reads the same as before.
        var told = events.Told(news);
        Assert.Empty(told.News());
        Assert.Equal(events.All(), told.All());
        // One more guess tells of the one before it alone.
        var more = told.Add(DateTimeOffset.FromUnixTimeSeconds(99), RealmEventKind.Attempt);
        Assert.Equal(happened[^1] is 'G' or 'F' ? 1 : 0, more.News().Count());

        static RealmEventKind KindOf(char letter) => letter switch
        {
            'G' => RealmEventKind.Attempt,
            'R' => RealmEventKind.Reset,
            'F' => RealmEventKind.Refused,
            'D' => RealmEventKind.Destroyed,
            'P' => RealmEventKind.Paused,
            _ => RealmEventKind.Resumed,
        };
    }

    [Fact]
    public async Task Wrong_guesses_are_told_and_a_right_one_is_not_until_the_guesses_are_used_up()
    {
        await using var server = await TestService.OpenAsync();
        server.Passphrase = Impatient;
        await server.LogAsync();
        using var user = await TestUser.CreateAsync(server, "<b>\u202Ename", 1);
        using var other = await TestUser.CreateAsync(server, "another", 2);
        for (var i = 0; i < 3; i++) await user.GuessAsync(server);
        Assert.Empty(await GuessesAsync(server));

        await GuessWrongAsync(user, server.Service, times: 2);
        await user.GuessAsync(server);
        var wrong = await GuessesAsync(server);
        Assert.Equal([AppEventKind.WrongGuess, AppEventKind.WrongGuess], wrong.Select(one => one.Kind));
        Assert.All(wrong, one => Assert.Equal(
            (user.Account.Now.Account, "<b>\u202Ename", AuthorityKind.Passphrase, null),
            (one.Account!.Value, one.Subject, one.Of, one.Leaf)));
        Assert.Single(wrong.Select(one => one.Authority).Distinct());

        // Of the last guess it is known when the one behind it ends the share; what comes then is refused and no news.
        await GuessWrongAsync(user, server.Service, times: Impatient.Budget + 3);
        var all = await GuessesAsync(server);
        Assert.Equal(
            [
                .. Enumerable.Repeat(AppEventKind.WrongGuess, 2 + Impatient.Budget), AppEventKind.SlotLocked,
            ],
            all.Select(one => one.Kind));
        Assert.Equal(wrong.Select(one => one.Number), all.Take(2).Select(one => one.Number));
        await server.Service.CountsAreOfAsync((await server.Service.ReadAllAsync(limit: 100)).Events);

        // The log goes on beside them, and an erasure takes whom they concern.
        await user.UseAsync(server);
        await server.RequestErasureAsync(user.Account, user.Phone);
        server.Time.Advance(server.ErasureHold + TimeSpan.FromHours(1));
        await server.LogAsync();
        await server.LogAsync();
        var after = await GuessesAsync(server);
        Assert.Equal(all.Select(one => (one.Number, one.Kind)), after.Select(one => (one.Number, one.Kind)));
        Assert.All(after, one => Assert.Equal((null, null, null), (one.Account, one.Authority, one.Subject)));
        Assert.Contains(
            (await server.Service.ReadAllAsync(limit: 100)).Events, one => one.Kind == AppEventKind.Erased);
    }

    [Fact]
    public async Task What_a_process_that_died_has_counted_is_found_where_it_was_counted()
    {
        await using var server = await TestService.OpenAsync();
        server.Passphrase = Impatient;
        using var user = await TestUser.CreateAsync(server, "user", 1);
        await GuessWrongAsync(user, server.Other, times: 3);

        // Whoever counted it has the first turn.
        await server.Service.Guesses.CatchUpAsync(default);
        Assert.Empty(await GuessesAsync(server));
        server.Time.Advance(TimeSpan.FromSeconds(GuessTeller.LeftSeconds + 1));
        await server.Service.Guesses.CatchUpAsync(default);
        Assert.Equal(2, (await GuessesAsync(server)).Count);
        await server.Service.Guesses.CatchUpAsync(default);
        await server.Other.Guesses.TellAsync(default);
        Assert.Equal(2, (await GuessesAsync(server)).Count);
        // What nobody came to in 30 days is told nobody.
        await GuessWrongAsync(user, server.Other, times: 2);
        server.Time.Advance(TimeSpan.FromDays(31));
        await server.Service.Guesses.CatchUpAsync(default);
        Assert.Empty(await GuessesAsync(server));
    }

    [Fact]
    public async Task Of_another_server_s_account_nothing_is_told()
    {
        await using var server = await TestService.OpenAsync();
        server.Passphrase = Impatient;
        using var user = await TestUser.CreateAsync(server, "user", 1);
        await GuessWrongAsync(user, server.Service, times: Impatient.Budget + 1);
        var place = new RowIds(server.LookupKey).KeyRow(user.Account.Now.Account);
        var row = (await server.Keys.ReadAsync(place, default))!;
        // As it is where the account is another server's: there is no key row.
        await server.Keys.WriteAsync([new RowWrite.Remove(place)], default);
        await server.Service.Guesses.TellAsync(default);
        Assert.Null((await server.Service.Statistics.ReadAsync(FeedWorld.App, default)).Since);

        // The control: with it, they are told.
        await server.Keys.WriteAsync([new RowWrite.Create(place, row.Value)], default);
        server.Time.Advance(TimeSpan.FromSeconds(GuessTeller.LeftSeconds + 1));
        await server.Service.Guesses.CatchUpAsync(default);
        Assert.Equal(Impatient.Budget + 1, (await GuessesAsync(server)).Count);
    }

    [Theory]
    [Trait("Category", "Rounds")]
    [MemberData(nameof(StepFates.EachOfLong), MemberType = typeof(StepFates))]
    public async Task At_each_step_of_telling_each_wrong_guess_is_told_at_least_once(StepFate fate)
    {
        await using var world = await StepWorld.OpenAsync();
        var server = world.Server;
        server.Passphrase = new PassphrasePolicy { Budget = 100, Waits = [] };
        var (seed, expected) = (0, 0);
        await world.AtEachStepAsync(fate, least: 2, async round =>
        {
            using var user = await TestUser.CreateAsync(server, $"user {++seed}", seed);
            await GuessWrongAsync(user, server.Other, times: 3);
            await round.DoAsync(
                async () =>
                {
                    await server.Other.Guesses.TellAsync(default);
                    return "told";
                },
                meanwhile: () => GuessWrongAsync(user, server.Service, times: 1));
            await server.Service.Guesses.TellAsync(default);
            server.Time.Advance(TimeSpan.FromSeconds(GuessTeller.LeftSeconds + 1));
            await server.Service.Guesses.CatchUpAsync(default);
            var mine = (await GuessesAsync(server)).Where(one => one.Account == user.Account.Now.Account).ToList();
            expected = fate == StepFate.Frozen && round.IsStruck ? 3 : 2;
            Assert.InRange(mine.Count, expected, 2 * expected);
            await server.Service.Guesses.CatchUpAsync(default);
            Assert.Equal(
                mine.Count,
                (await GuessesAsync(server)).Count(one => one.Account == user.Account.Now.Account));
        });
    }

    private static async Task GuessWrongAsync(TestUser user, KeyRecoveryService at, int times)
    {
        for (var i = 0; i < times; i++)
        {
            using var guess = user.Guess(AttemptId.Draw(SystemRandom.Instance));
            await guess.AtAsync(at.Realm);
        }
    }

    private static async Task<IReadOnlyList<AppEvent>> GuessesAsync(TestService server)
    {
        await server.Service.Guesses.TellAsync(default);
        var told = (await server.Service.Feed.ReadAsync(FeedWorld.App, default, 100, default)).Events;
        return [.. told.Where(one => one.Kind is AppEventKind.WrongGuess or AppEventKind.SlotLocked)];
    }
}
