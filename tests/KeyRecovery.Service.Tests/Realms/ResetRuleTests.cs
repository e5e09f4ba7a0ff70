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
    public void A_reset_gives_all_guesses_back_and_a_head_makes_a_fresh_slot_live()
    {
        for (var i = 0; i < 5; i++) _world.Counted();
        Assert.NotNull(_world.Reset(_world.Counted()).Next);
        Assert.Equal((RealmSlotState.Fresh, 10), (_world.Row.State, _world.Standing.GuessesLeft));
        _world.Manage(1, RealmCommand.TellHead(new ChainPlace(3, Hash256.Of([3]))));
        Assert.Equal(RealmSlotState.Live, _world.Row.State);
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
        Assert.Equal(RealmSlotState.Destroyed, _world.Row.State);
    }

    [Fact]
    public void A_reset_does_not_end_a_pause()
    {
        var attempt = _world.Counted();
        _world.Manage(1, RealmCommand.Pause);
        _world.Reset(attempt);
        Assert.Equal((RealmSlotState.Paused, 10), (_world.Row.State, _world.Standing.GuessesLeft));
        _world.Manage(2, RealmCommand.TellHead(new ChainPlace(3, Hash256.Of([3]))));
        Assert.Equal(RealmSlotState.Paused, _world.Row.State);
        _world.Manage(3, RealmCommand.Resume);
        Assert.Equal(RealmSlotState.Live, _world.Row.State);
    }

    [Theory]
    [InlineData(23, false)]
    [InlineData(24, true)]
    public void A_slot_that_no_device_ever_told_a_head_makes_room_after_a_day(int hours, bool makesRoom)
    {
        _world.Now += TimeSpan.FromHours(hours);
        Assert.Equal(makesRoom, RealmRules.MakesRoom(_world.Row, _world.Now));
        _world.Manage(1, RealmCommand.Pause);
        Assert.Equal(makesRoom, RealmRules.MakesRoom(_world.Row, _world.Now));
        _world.Manage(2, RealmCommand.Resume);
        _world.Reset(_world.Counted());
        Assert.Equal(makesRoom, RealmRules.MakesRoom(_world.Row, _world.Now));
        _world.Manage(3, RealmCommand.TellHead(new ChainPlace(3, Hash256.Of([3]))));
        Assert.False(RealmRules.MakesRoom(_world.Row, _world.Now + TimeSpan.FromDays(1000)));
    }

    [Fact]
    public void A_head_that_a_removed_device_made_up_goes_with_its_key()
    {
        using var newest = Protocol.Primitives.SigningKey.FromSeed(new byte[32]);
        _world.Manage(1, RealmCommand.TellHead(new ChainPlace(1UL << 52, Hash256.Of([9]))));
        _world.Manage(2, RealmCommand.ReplaceKey(newest.PublicKey));
        Assert.Null(_world.Row.Head);
        var head = new ChainPlace(4, Hash256.Of([4]));
        _world.Manage(3, RealmCommand.TellHead(head));
        Assert.Equal((head, RealmSlotState.Live), (_world.Row.Head, _world.Row.State));
    }
}
