using KeyRecovery.Protocol.Realms;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Realms;

namespace KeyRecovery.Service.Tests.Realms;

/// <summary>How guesses are counted.</summary>
public sealed class ChargeRuleTests
{
    private readonly RuleWorld _world = new();

    [Fact]
    public void Three_guesses_are_free_and_the_others_wait_for_1_min_10_min_1_h_and_24_h_each()
    {
        for (var free = 0; free < 3; free++) _world.Counted();
        var waits = new[] { 1, 10, 60, 24 * 60, 24 * 60, 24 * 60, 24 * 60 }.Select(m => TimeSpan.FromMinutes(m));
        foreach (var wait in waits)
        {
            Assert.Equal((long)wait.TotalMilliseconds, _world.Standing.NextAttemptInMs);
            _world.Now += wait - TimeSpan.FromMilliseconds(1);
            var left = _world.Standing.GuessesLeft;
            var refused = RuleWorld.Refused(ErrorCode.GuessWait, _world.Guess());
            Assert.Equal((left, 1L), (refused.GuessesLeft, refused.NextAttemptInMs));
            Assert.Equal(left, _world.Standing.GuessesLeft);
            _world.Now += TimeSpan.FromMilliseconds(1);
            _world.Counted();
        }

        Assert.Equal(new RealmStanding(0, 0), _world.Standing);
    }

    [Fact]
    public void The_guess_after_the_last_destroys_the_share_for_good()
    {
        _world.Policy = new PassphrasePolicy { Waits = [] };
        for (var left = 10; left > 0; left--)
        {
            Assert.Equal(new RealmStanding(left, 0), _world.Standing);
            _world.Counted();
        }

        Assert.False(_world.Row.SealedShare.IsEmpty);
        var locked = RuleWorld.Refused(ErrorCode.SlotLocked, _world.Guess());
        Assert.True(locked.ShareDestroyed);
        Assert.Equal((0, 0L), (locked.GuessesLeft, locked.NextAttemptInMs));
        Assert.True(_world.Row.IsDestroyed);
        Assert.True(_world.Row.SealedShare.IsEmpty);
        Assert.Equal(0u, _world.Row.Kek.Value);

        var again = RuleWorld.Refused(ErrorCode.SlotLocked, _world.Guess());
        Assert.False(again.ShareDestroyed);
    }

    [Fact]
    public void None_left_destroys_also_while_a_wait_would_run()
    {
        _world.Policy = new PassphrasePolicy { Budget = 4 };
        for (var i = 0; i < 3; i++) _world.Counted();
        _world.Now += TimeSpan.FromMinutes(1);
        _world.Counted();
        Assert.True(RuleWorld.Refused(ErrorCode.SlotLocked, _world.Guess()).ShareDestroyed);
    }

    [Fact]
    public void A_smaller_budget_counts_for_guesses_that_were_made_under_a_larger_one()
    {
        _world.Policy = new PassphrasePolicy { Waits = [] };
        for (var i = 0; i < 5; i++) _world.Counted();
        _world.Policy = new PassphrasePolicy { Waits = [], Budget = 3 };
        Assert.Equal(0, _world.Standing.GuessesLeft);
        Assert.True(RuleWorld.Refused(ErrorCode.SlotLocked, _world.Guess()).ShareDestroyed);
    }

    [Fact]
    public void The_same_attempt_with_the_same_element_is_counted_once_also_while_the_next_one_waits()
    {
        var (attempt, element) = (_world.NewAttempt(), _world.NewElement());
        Assert.NotNull(Assert.IsType<RealmStep.Proceed>(_world.Guess(attempt, element)).Next);
        _world.Counted();
        _world.Counted();
        for (var again = 0; again < 3; again++)
            Assert.Null(Assert.IsType<RealmStep.Proceed>(_world.Guess(attempt, element)).Next);
        Assert.Equal(7, _world.Standing.GuessesLeft);
    }

    [Fact]
    public void The_same_attempt_with_another_element_is_refused_and_costs_nothing()
    {
        var attempt = _world.Counted();
        Assert.Equal("attempt", RuleWorld.Refused(ErrorCode.Refused, _world.Guess(attempt)).Field);
        Assert.Equal(9, _world.Standing.GuessesLeft);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-24 * 60)]
    [InlineData(-365 * 24 * 60)]
    public void A_clock_that_goes_back_lengthens_no_wait_and_gives_no_guess_back(int minutes)
    {
        for (var i = 0; i < 4; i++)
        {
            _world.Counted();
            if (i == 2) _world.Now += TimeSpan.FromMinutes(1);
        }

        _world.Now += TimeSpan.FromMinutes(minutes);
        Assert.Equal(new RealmStanding(6, 0), _world.Standing);
        _world.Counted();
        // From here on the new clock counts, with the wait that is due.
        Assert.Equal(new RealmStanding(5, 60 * 60 * 1000), _world.Standing);
        RuleWorld.Refused(ErrorCode.GuessWait, _world.Guess());
    }

    [Fact]
    public void A_clock_that_goes_forward_gives_no_guess_back()
    {
        for (var i = 0; i < 3; i++) _world.Counted();
        _world.Now += TimeSpan.FromDays(1000);
        Assert.Equal(new RealmStanding(7, 0), _world.Standing);
    }

    [Fact]
    public void Nothing_is_evaluated_while_the_slot_is_paused_not_even_what_was_counted()
    {
        var (attempt, element) = (_world.NewAttempt(), _world.NewElement());
        _world.Guess(attempt, element);
        _world.IsPaused = true;
        Assert.Equal(
            (9, 0L), (RuleWorld.Refused(ErrorCode.SlotPaused, _world.Guess()) is var f
                ? f.GuessesLeft : null, f.NextAttemptInMs));
        RuleWorld.Refused(ErrorCode.SlotPaused, _world.Guess(attempt, element));
        Assert.Equal(9, _world.Standing.GuessesLeft);
        _world.IsPaused = false;
        Assert.Null(Assert.IsType<RealmStep.Proceed>(_world.Guess(attempt, element)).Next);
        _world.Counted();
    }

    [Fact]
    public void A_refused_guess_is_written_down_once_an_hour()
    {
        _world.IsPaused = true;
        var before = Events();
        for (var i = 0; i < 100; i++) _world.Guess();
        Assert.Equal([.. before, RealmEventKind.Refused], Events());
        _world.Now += TimeSpan.FromMinutes(59);
        Assert.Null(_world.Guess().Next);
        _world.Now += TimeSpan.FromMinutes(1);
        Assert.NotNull(_world.Guess().Next);
        Assert.Equal([.. before, RealmEventKind.Refused, RealmEventKind.Refused], Events());
    }

    [Fact]
    public void The_newest_64_events_are_kept_with_their_times()
    {
        _world.Policy = new PassphrasePolicy { Budget = 100, Waits = [] };
        var first = _world.Now;
        for (var i = 0; i < 70; i++)
        {
            _world.Counted();
            _world.Now += TimeSpan.FromSeconds(1);
        }

        var events = _world.Row.Events.All().ToList();
        Assert.Equal(64, events.Count);
        Assert.Equal((ulong)first.ToUnixTimeSeconds() + 6, events[0].At);
        Assert.Equal((ulong)first.ToUnixTimeSeconds() + 69, events[^1].At);
        Assert.All(events, e => Assert.Equal(RealmEventKind.Attempt, e.Kind));
    }

    private List<RealmEventKind> Events() => [.. _world.Row.Events.All().Select(e => e.Kind)];
}
