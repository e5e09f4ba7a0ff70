using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Realms;

namespace KeyRecovery.Service.Tests.Realms;

/// <summary>How guesses are given back: for a right one, once.</summary>
public sealed class ResetRuleTests
{
    private readonly RuleWorld _world = new() { Policy = new PassphrasePolicy { Waits = [] } };

    [Fact]
    public void A_reset_gives_all_guesses_back()
    {
        for (var i = 0; i < 5; i++) _world.Counted();
        Assert.NotNull(_world.Reset(_world.Counted()).Next);
        Assert.Equal(10, _world.Standing.GuessesLeft);
    }

    [Fact]
    public void A_recorded_reset_refills_nothing()
    {
        var attempt = _world.Counted();
        _world.Reset(attempt);
        for (var i = 0; i < 3; i++) _world.Counted();
        Assert.Null(Assert.IsType<RealmStep.Proceed>(_world.Reset(attempt, round: 0)).Next);
        Assert.Equal(7, _world.Standing.GuessesLeft);
    }

    [Fact]
    public void Nor_does_one_of_any_round_whose_attempt_is_guessed_under_again()
    {
        var recorded = new List<AttemptId>();
        for (var round = 0; round < 200; round++)
        {
            recorded.Add(_world.Counted());
            _world.Reset(recorded[^1]);
        }

        var left = 10;
        foreach (var old in (int[])[0, 100, 198, 199])
        {
            Assert.IsType<RealmStep.Proceed>(_world.Guess(recorded[old]));
            Assert.Null(_world.Reset(recorded[old], round: (ulong)old).Next);
            Assert.Equal(--left, _world.Standing.GuessesLeft);
        }
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
        Assert.True(_world.Row.IsDestroyed);
    }
}
