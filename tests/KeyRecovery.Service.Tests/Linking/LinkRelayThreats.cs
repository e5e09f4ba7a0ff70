using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Linking;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Linking;

/// <summary>Who has a photo of the code, guesses, floods, or was removed.</summary>
public abstract class LinkRelayThreats<TRelay> : RelayCase<TRelay> where TRelay : RelayUnderTest, new()
{
    [Fact]
    public void A_claim_whose_answer_was_lost_is_repeated()
    {
        var pair = new RelayPair(Relay).Claimed();
        Time.Advance(TimeSpan.FromSeconds(1));
        Relayed.Is(TimeSpan.FromSeconds(299), pair.Claim());
        Relayed.Is(LinkReceipt.Done, pair.Put(LinkSide.New, 0, [1]));
    }

    [Fact]
    public async Task Z15_a_second_claim_with_another_bearer_kills_the_session_and_both_sides_learn_why()
    {
        var pair = new RelayPair(Relay, nameplate: "2B3C").Claimed();
        pair.Put(LinkSide.New, 0, [1]);
        var waiting = pair.GetAsync(LinkSide.New, 1, 25_000);
        var thief = RelayPair.Random();

        Relayed.Fails(ErrorCode.LinkContested, pair.Claim(bearer: thief));
        Relayed.Fails(ErrorCode.LinkContested, await waiting.WaitAsync(TimeSpan.FromMinutes(1)));
        Relayed.Fails(ErrorCode.LinkContested, await pair.GetAsync(LinkSide.New, 0));
        Relayed.Fails(ErrorCode.LinkContested, pair.Put(LinkSide.New, 1, [1]));
        Relayed.Fails(ErrorCode.LinkContested, pair.Claim());
        Relayed.Fails(ErrorCode.NotFound, await pair.GetAsync(LinkSide.New, 0, bearer: thief));
        Assert.Equal(0, (await KeptAsync()).Bytes);
        Time.Advance(TimeSpan.FromSeconds(306));
        Assert.Equal(0, (await KeptAsync()).Sessions);
    }

    [Fact]
    public async Task Wrong_unknown_and_ended_look_alike()
    {
        var (pair, unknown, ended) =
            (new RelayPair(Relay).Claimed(), new RelayPair(Relay), new RelayPair(Relay).Claimed());
        ended.End(LinkSide.New);
        var stranger = RelayPair.Random();
        List<ServiceFailure> failures = [];
        foreach (var (target, bearer) in new[] {
            (pair, stranger), (unknown, unknown.Existing), (ended, ended.Existing),
        })
        {
            failures.Add(Failure(target.Claim(token: stranger)));
            failures.Add(Failure(target.Put(LinkSide.Existing, 0, [1], bearer)));
            failures.Add(Failure(await target.GetAsync(LinkSide.Existing, 0, bearer: bearer)));
            failures.Add(Failure(await Relay.EndAsync(target.Id, bearer, default)));
        }

        failures.Add(Failure(await Relay.ReadNameplateAsync("0000", default)));
        Assert.All(failures, failure => Assert.Equal(new ServiceFailure(ErrorCode.NotFound), failure));
    }

    [Fact]
    public void Nobody_writes_on_the_other_side()
    {
        var pair = new RelayPair(Relay).Claimed();
        Relayed.Fails(ErrorCode.NotFound, pair.Put(LinkSide.New, 0, [1], pair.Existing));
        Relayed.Fails(ErrorCode.NotFound, pair.Put(LinkSide.Existing, 0, [1], pair.New));
        var unclaimed = new RelayPair(Relay);
        unclaimed.Open();
        Relayed.Fails(ErrorCode.NotFound, unclaimed.Put(LinkSide.New, 0, [1]));
    }

    [Fact]
    public void A_sweep_over_all_nameplates_leaves_every_envelope_until_it_is_claimed()
    {
        var pairs = new[] { "0000", "2B3C", "ZZZZ" }.Select(name => new RelayPair(Relay, nameplate: name)).ToList();
        foreach (var pair in pairs) pair.Open();
        for (var sweep = 0; sweep < 2; sweep++) Assert.Equal(3, Nameplates.Count(IsThere));
        pairs[1].Claim();
        Assert.False(IsThere("2B3C"));
        Assert.True(IsThere("ZZZZ"));
    }

    [Fact]
    public async Task A_storm_of_wrong_tokens_costs_the_honest_session_nothing()
    {
        var pair = new RelayPair(Relay);
        pair.Open();
        var before = await KeptAsync();
        Parallel.For(
            0, Storm, _ => Relayed.Fails(ErrorCode.NotFound, pair.Claim(RelayPair.Random(), RelayPair.Random())));
        Assert.Equal(before, await KeptAsync());
        Relayed.Is(LinkRelayLimits.ClaimedLife, pair.Claim());
        Parallel.For(
            0, Storm, _ => Relayed.Fails(ErrorCode.NotFound, pair.Put(LinkSide.New, 0, [9], RelayPair.Random())));
        Relayed.Is(LinkReceipt.Done, pair.Put(LinkSide.New, 0, [1]));
        Relayed.Message([1], await pair.GetAsync(LinkSide.New, 0));
    }

    [Fact]
    public void A_message_and_a_side_have_their_limits()
    {
        var pair = new RelayPair(Relay).Claimed();
        Relayed.Fails(ErrorCode.TooLarge, pair.Put(LinkSide.New, 0, new byte[LinkLimits.MessageBytes + 1]));
        for (var i = 0; i < LinkRelayLimits.MessagesPerSide; i++)
            Relayed.Is(LinkReceipt.Done, pair.Put(LinkSide.New, i, new byte[LinkLimits.MessageBytes]));
        Relayed.Fails(ErrorCode.LimitReached, pair.Put(LinkSide.New, 64, [1]), "seq");
        Relayed.Is(LinkReceipt.Done, pair.Put(LinkSide.Existing, 0, [1]));
    }

    [Fact]
    public void An_account_has_four_sessions_and_an_end_makes_room()
    {
        var account = new AccountId(new byte[16]);
        var pairs = Enumerable.Range(0, 5).Select(_ => new RelayPair(Relay, account)).ToList();
        foreach (var pair in pairs.Take(4)) Relayed.Is(LinkRelayLimits.UnclaimedLife, pair.Open());
        Relayed.Fails(ErrorCode.LimitReached, pairs[4].Open(), "sessions");
        Relayed.Is(LinkRelayLimits.UnclaimedLife, new RelayPair(Relay).Open());
        Relayed.Is(LinkReceipt.Done, pairs[0].End(LinkSide.Existing));
        Relayed.Is(LinkRelayLimits.UnclaimedLife, pairs[4].Open());
    }

    private static ServiceFailure Failure<T>(Outcome<T> outcome) => Assert.IsType<Outcome<T>.Failed>(outcome).Failure;

    private bool IsThere(string nameplate) =>
        RelayPair.Now(Relay.ReadNameplateAsync(nameplate, default))
            is Outcome<(ReadOnlyMemory<byte> Envelope, TimeSpan Left)>.Done;
}
