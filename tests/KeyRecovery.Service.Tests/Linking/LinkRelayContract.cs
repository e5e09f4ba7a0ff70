using KeyRecovery.Protocol.Linking;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Linking;
using KeyRecovery.Service.Tests.Support;

namespace KeyRecovery.Service.Tests.Linking;

/// <summary>What a relay carries, for how long, and that it forgets.</summary>
public abstract class LinkRelayContract<TRelay> : RelayCase<TRelay> where TRelay : RelayUnderTest, new()
{
    [Fact]
    public async Task Messages_go_both_ways_and_the_end_leaves_nothing()
    {
        var pair = new RelayPair(Relay, nameplate: "2B3C").Claimed();
        for (var i = 0; i < 3; i++)
        {
            Relayed.Is(LinkReceipt.Done, pair.Put(LinkSide.New, i, [1, (byte)i]));
            Relayed.Is(LinkReceipt.Done, pair.Put(LinkSide.Existing, i, [2, (byte)i]));
            Relayed.Message([1, (byte)i], await pair.GetAsync(LinkSide.New, i));
            Relayed.Message([2, (byte)i], await pair.GetAsync(LinkSide.Existing, i));
        }

        Assert.Equal((1, 12), await KeptAsync());
        Relayed.Is(LinkReceipt.Done, pair.End(LinkSide.New));
        Assert.Equal((0, 0), await KeptAsync());
        Relayed.Fails(ErrorCode.NotFound, pair.Put(LinkSide.Existing, 3, [1]));
        Relayed.Fails(ErrorCode.NotFound, await pair.GetAsync(LinkSide.Existing, 0));
        Relayed.Fails(ErrorCode.NotFound, pair.Claim());
        Relayed.Fails(ErrorCode.NotFound, pair.End(LinkSide.Existing));
    }

    [Fact]
    public void A_side_appends_the_next_number_repeats_the_same_and_changes_nothing()
    {
        var pair = new RelayPair(Relay).Claimed();
        Relayed.Fails(ErrorCode.Malformed, pair.Put(LinkSide.New, 1, [1]), "seq");
        Relayed.Is(LinkReceipt.Done, pair.Put(LinkSide.New, 0, [1]));
        Relayed.Is(LinkReceipt.Repeated, pair.Put(LinkSide.New, 0, [1]));
        Relayed.Fails(ErrorCode.Conflict, pair.Put(LinkSide.New, 0, [2]), "seq");
        Relayed.Fails(ErrorCode.Malformed, pair.Put(LinkSide.New, 2, [1]), "seq");
        Relayed.Fails(ErrorCode.Malformed, pair.Put(LinkSide.New, -1, [1]), "seq");
        Relayed.Fails(ErrorCode.Malformed, pair.Put(LinkSide.New, 1, []), "message");
        Relayed.Is(LinkReceipt.Done, pair.Put(LinkSide.New, 1, [1]));
    }

    [Fact]
    public async Task The_same_opening_again_gets_the_same_answer_and_another_one_is_a_conflict()
    {
        var pair = new RelayPair(Relay, nameplate: "2B3C");
        Relayed.Is(LinkRelayLimits.UnclaimedLife, pair.Open());
        Time.Advance(TimeSpan.FromSeconds(20));
        Relayed.Is(TimeSpan.FromSeconds(100), pair.Open());
        Relayed.Fails(ErrorCode.Conflict,
            RelayPair.Now(Relay.OpenAsync(pair.Opening with { BearerHash = default }, default)), "sessionId");
        Relayed.Fails(ErrorCode.Conflict, new RelayPair(Relay, nameplate: "2B3C").Open(), "nameplate");
        Assert.Equal(1, (await KeptAsync()).Sessions);
    }

    [Fact]
    public async Task A_session_that_nobody_claims_ends_after_120_seconds()
    {
        var pair = new RelayPair(Relay, nameplate: "2B3C");
        pair.Open();
        Time.Advance(TimeSpan.FromSeconds(119));
        Relayed.Is((Convert.ToHexString(pair.Envelope), TimeSpan.FromSeconds(1)), Envelope("2B3C"));
        Time.Advance(TimeSpan.FromSeconds(1));
        Relayed.Fails(ErrorCode.NotFound, pair.Claim());
        Relayed.Fails(ErrorCode.NotFound, Envelope("2B3C"));
        Assert.Equal((0, 0), await KeptAsync());
    }

    [Fact]
    public void A_claimed_session_ends_after_300_seconds_and_no_repeat_prolongs_it()
    {
        var pair = new RelayPair(Relay).Claimed();
        Time.Advance(TimeSpan.FromSeconds(299));
        Relayed.Is(TimeSpan.FromSeconds(1), pair.Claim());
        Relayed.Is(LinkReceipt.Done, pair.Put(LinkSide.New, 0, [1]));
        Time.Advance(TimeSpan.FromSeconds(1));
        Relayed.Fails(ErrorCode.NotFound, pair.Put(LinkSide.New, 1, [1]));
    }

    [Fact]
    public async Task What_nobody_asks_for_again_is_swept()
    {
        for (var i = 0; i < 10; i++) new RelayPair(Relay).Open();
        Assert.Equal(10, (await KeptAsync()).Sessions);
        Time.Advance(TimeSpan.FromSeconds(126));
        Assert.Equal(0, (await KeptAsync()).Sessions);
    }

    [Fact]
    public async Task Who_waits_is_woken_by_the_message()
    {
        var pair = new RelayPair(Relay).Claimed();
        var waiting = pair.GetAsync(LinkSide.New, 0, 25_000);
        Assert.False(waiting.IsCompleted);
        pair.Put(LinkSide.New, 0, [7]);
        // The clock stands still: nothing but the message wakes.
        Relayed.Message([7], await waiting.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task The_existing_side_is_told_the_network_of_the_first_claim_with_the_first_message()
    {
        var pair = new RelayPair(Relay);
        pair.Open();
        pair.Claim(network: "203.0.113.0/24");
        pair.Claim(network: "198.51.100.0/24");
        pair.Put(LinkSide.New, 0, [1]);
        pair.Put(LinkSide.New, 1, [2]);
        pair.Put(LinkSide.Existing, 0, [3]);
        Assert.Equal("203.0.113.0/24", await ToldAsync(pair.GetAsync(LinkSide.New, 0)));
        Assert.Null(await ToldAsync(pair.GetAsync(LinkSide.New, 1)));
        Assert.Null(await ToldAsync(pair.GetAsync(LinkSide.New, 0, bearer: pair.New)));
        Assert.Null(await ToldAsync(pair.GetAsync(LinkSide.Existing, 0)));
        Assert.Null(await ToldAsync(pair.GetAsync(LinkSide.Existing, 0, bearer: pair.Existing)));
    }

    [Fact]
    public async Task Who_waits_in_vain_is_told_so_after_the_time_asked_for()
    {
        var pair = new RelayPair(Relay).Claimed();
        var (brief, longest) = (pair.GetAsync(LinkSide.New, 0, 1_000), pair.GetAsync(LinkSide.New, 0, 99_000));
        Time.Advance(TimeSpan.FromSeconds(1));
        Relayed.Is(new LinkRead.NoneYet(), await brief.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.False(longest.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(24));
        Relayed.Is(new LinkRead.NoneYet(), await longest.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Who_waits_learns_of_the_end_at_once_however_it_comes()
    {
        var (ended, removed, expired) =
            (new RelayPair(Relay).Claimed(), new RelayPair(Relay).Claimed(), new RelayPair(Relay));
        expired.Open();
        Time.Advance(TimeSpan.FromSeconds(110));
        RelayPair[] pairs = [ended, removed, expired];
        var waiting = pairs.Select(p => p.GetAsync(LinkSide.New, 0, 25_000, p.Existing)).ToArray();
        ended.End(LinkSide.New);
        await Relay.EndSessionsOfAsync(removed.Account, removed.Authority);
        Time.Advance(TimeSpan.FromSeconds(10));
        foreach (var poll in waiting) Relayed.Fails(ErrorCode.NotFound, await poll.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task A_shutdown_ends_waiting_at_once_and_lets_messages_through()
    {
        var pair = new RelayPair(Relay).Claimed();
        var waiting = pair.GetAsync(LinkSide.New, 0, 25_000);
        Relay.EndWaits();
        Relayed.Fails(ErrorCode.Unavailable, await waiting.WaitAsync(TimeSpan.FromMinutes(1)));
        Relayed.Fails(ErrorCode.Unavailable, await pair.GetAsync(LinkSide.New, 0, 25_000));
        Relayed.Is(LinkReceipt.Done, pair.Put(LinkSide.New, 0, [1]));
        Relayed.Message([1], await pair.GetAsync(LinkSide.New, 0, 25_000));
    }

    [Fact]
    public async Task Many_sessions_at_once_all_complete()
    {
        var pairs = Enumerable.Range(0, Many).Select(_ => new RelayPair(Relay).Claimed()).ToList();
        await Task.WhenAll(pairs.SelectMany(p => new[] { TalkAsync(p, LinkSide.New), TalkAsync(p, LinkSide.Existing) }))
            .WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((Many, Many * 2 * 20 * LinkLimits.MessageBytes / 16), await KeptAsync());
        foreach (var pair in pairs) pair.End(LinkSide.Existing);
        Assert.Equal((0, 0), await KeptAsync());
    }

    private static async Task<string?> ToldAsync(Task<Outcome<LinkRead>> read) =>
        Assert.IsType<LinkRead.Message>(Assert.IsType<Outcome<LinkRead>.Done>(await read).Value).PeerNetwork;

    private static Task TalkAsync(RelayPair pair, LinkSide side) => Task.Run(async () =>
    {
        var message = new byte[LinkLimits.MessageBytes / 16];
        for (var i = 0; i < 20; i++)
        {
            message[0] = (byte)i;
            Relayed.Is(LinkReceipt.Done, await pair.PutAsync(side, i, [.. message]));
            Relayed.Message(message, await pair.GetAsync(1 - side, i, 25_000));
        }
    });

    private Outcome<(string Hex, TimeSpan Left)> Envelope(string nameplate) =>
        RelayPair.Now(Relay.ReadNameplateAsync(nameplate, default)) switch
        {
            Outcome<(ReadOnlyMemory<byte> Envelope, TimeSpan Left)>.Done(var found) =>
                (Convert.ToHexString(found.Envelope.Span), found.Left),
            Outcome<(ReadOnlyMemory<byte> Envelope, TimeSpan Left)>.Failed(var failure) => failure,
            _ => throw new InvalidOperationException(),
        };
}
