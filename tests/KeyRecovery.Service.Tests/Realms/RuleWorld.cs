using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Realms;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Realms;

/// <summary>One slot's row and a clock: what a server does with both, without the server.</summary>
internal sealed class RuleWorld
{
    private readonly TestRandom _random = new(11);

    public DateTimeOffset Now { get; set; } = new(2026, 6, 1, 8, 0, 0, TimeSpan.Zero);

    public PassphrasePolicy Policy { get; set; } = PassphrasePolicy.Default;

    /// <summary>Whether the account's row has it paused.</summary>
    public bool IsPaused { get; set; }

    public RealmSlotRow Row { get; set; }

    public RuleWorld() => Row = new RealmSlotRow
    {
        App = "demo",
        Subject = _random.Bytes(32),
        Kek = new(1),
        SealedShare = _random.Bytes(OprfScalar.Size + SecretBox.Overhead),
        ShareKey = _random.Bytes(32),
        SigningKey = _random.Bytes(32),
        Registration = _random.Bytes(32),
    };

    public RealmStanding Standing => RealmStanding.Of(Row, Policy, Now);

    public AttemptId NewAttempt() => AttemptId.Draw(_random);

    public Hash256 NewElement() => new(_random.Bytes(32));

    /// <summary>Guesses and takes the row over, as a server that has written it.</summary>
    public RealmStep Guess(AttemptId? attempt = null, Hash256? element = null) =>
        Take(RealmRules.Charge(Row, attempt ?? NewAttempt(), element ?? NewElement(), Policy, Now, IsPaused));

    public RealmStep Reset(AttemptId attempt, ulong? round = null) =>
        Take(RealmRules.Reset(Row, attempt, round ?? Row.Round, Now));

    /// <summary>Counts a guess that must be counted, and gives its id.</summary>
    public AttemptId Counted()
    {
        var attempt = NewAttempt();
        Assert.NotNull(Assert.IsType<RealmStep.Proceed>(Guess(attempt)).Next);
        return attempt;
    }

    public static ServiceFailure Refused(ErrorCode code, RealmStep step)
    {
        var failure = Assert.IsType<RealmStep.Refuse>(step).Failure;
        Assert.Equal(code, failure.Code);
        return failure;
    }

    // Every row goes through its bytes.
    private RealmStep Take(RealmStep step)
    {
        if (step.Next is { } next) Row = RealmSlotRow.Decode(next.Encode());
        return step;
    }
}
