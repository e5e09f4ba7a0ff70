using KeyRecovery.Protocol.Realms;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Realms;

namespace KeyRecovery.Service.Tests.Realms;

/// <summary>How guesses are given back: for a right one, once.</summary>
public sealed class ResetRuleTests
{
    private readonly RuleWorld _world = new() { Policy = new PassphrasePolicy { Waits = [] } };

    [Fact]
    public void A_reset_gives_all_guesses_back_and_makes_a_fresh_slot_live()
    {
        for (var i = 0; i < 5; i++) _world.Counted();
        Assert.NotNull(_world.Reset(_world.Counted()).Next);
        Assert.Equal((RealmSlotState.Live, 10), (_world.Row.State, _world.Standing.GuessesLeft));
    }

    [Fact]
    public void A_recorded_reset_refills_nothing()
    {
        var attempt = _world.Counted();
        _world.Reset(attempt);
        for (var i = 0; i < 3; i++) _world.Counted();
        Assert.Null(Assert.IsType<RealmStep.Proceed>(_world.Reset(attempt)).Next);
        Assert.Equal(7, _world.Standing.GuessesLeft);
    }

    [Fact]
    public void Nor_does_an_older_one_whose_attempt_is_guessed_under_again()
    {
        var (first, second) = (_world.Counted(), default(AttemptId));
        var unused = _world.Counted();
        _world.Reset(first);
        second = _world.Counted();
        _world.Reset(second);
        foreach (var old in new[] { first, unused, second })
        {
            Assert.Equal("attempt", RuleWorld.Refused(ErrorCode.Refused, _world.Guess(old)).Field);
            Assert.Null(_world.Reset(old).Next);
        }

        Assert.Equal(10, _world.Standing.GuessesLeft);
    }

    [Fact]
    public void The_newest_128_forgotten_attempts_are_known()
    {
        var attempts = new List<AttemptId>();
        for (var i = 0; i < 130; i++)
        {
            attempts.Add(_world.Counted());
            _world.Reset(attempts[^1]);
        }

        Assert.All(attempts.Skip(2), attempt => RuleWorld.Refused(ErrorCode.Refused, RealmRules.Charge(
            _world.Row, attempt, _world.NewElement(), _world.Policy, _world.Now)));
        Assert.IsType<RealmStep.Proceed>(RealmRules.Charge(_world.Row, attempts[1], _world.NewElement(), _world.Policy, _world.Now));
    }

    [Fact]
    public void A_reset_for_no_counted_attempt_is_refused()
    {
        _world.Counted();
        Assert.Equal("attempt", RuleWorld.Refused(ErrorCode.Refused, _world.Reset(_world.NewAttempt())).Field);
        Assert.Equal(9, _world.Standing.GuessesLeft);
    }

    [Fact]
    public void A_destroyed_slot_is_not_brought_back()
    {
        var right = _world.Counted();
        for (var i = 0; i < 9; i++) _world.Counted();
        _world.Guess();
        RuleWorld.Refused(ErrorCode.SlotLocked, _world.Reset(right));
        Assert.Equal(RealmSlotState.Destroyed, _world.Row.State);
    }

    [Fact]
    public void A_reset_does_not_end_a_pause()
    {
        var attempt = _world.Counted();
        _world.Manage(1, RealmCommand.Pause);
        _world.Reset(attempt);
        Assert.Equal((RealmSlotState.Paused, 10), (_world.Row.State, _world.Standing.GuessesLeft));
        _world.Manage(2, RealmCommand.Resume);
        Assert.Equal(RealmSlotState.Live, _world.Row.State);
    }

    [Theory]
    [InlineData(23, false)]
    [InlineData(24, true)]
    public void A_slot_that_nobody_confirmed_makes_room_after_a_day(int hours, bool makesRoom)
    {
        _world.Now += TimeSpan.FromHours(hours);
        Assert.Equal(makesRoom, RealmRules.MakesRoom(_world.Row, _world.Now));
        _world.Manage(1, RealmCommand.Pause);
        Assert.Equal(makesRoom, RealmRules.MakesRoom(_world.Row, _world.Now));
        _world.Manage(2, RealmCommand.Resume);
        _world.Reset(_world.Counted());
        Assert.False(RealmRules.MakesRoom(_world.Row, _world.Now + TimeSpan.FromDays(1000)));
    }
}
