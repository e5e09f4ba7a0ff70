using KeyRecovery.Protocol.Realms;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Realms;

/// <summary>
/// Decides what a realm does with a slot (docs/protocol.md §14.4): pure functions of the row, the request and the
/// clock. Nothing is evaluated or answered before the row that they give is durable.
/// </summary>
internal static class RealmRules
{
    private const ulong RefusalsEverySeconds = 60 * 60;

    /// <summary>Counts a guess, or refuses it.</summary>
    public static RealmStep Charge(
        RealmSlotRow row, AttemptId attempt, Hash256 element, PassphrasePolicy policy, DateTimeOffset now,
        bool isPaused)
    {
        var standing = RealmStanding.Of(row, policy, now);
        if (row.IsDestroyed) return Refuse(ErrorCode.SlotLocked, standing, NoteRefusal(row, now));
        if (isPaused) return Refuse(ErrorCode.SlotPaused, standing, NoteRefusal(row, now));

        if (row.Attempts.Find(attempt) is { } before)
            return before == element ? new RealmStep.Proceed(null) : RefuseAttempt();
        if (standing.GuessesLeft == 0)
        {
            var locked = new ServiceFailure(ErrorCode.SlotLocked) {
                GuessesLeft = 0, NextAttemptInMs = 0, ShareDestroyed = true,
            };
            return new RealmStep.Refuse(locked, Destroy(row, now));
        }
        if (standing.NextAttemptInMs > 0) return Refuse(ErrorCode.GuessWait, standing, NoteRefusal(row, now));

        return new RealmStep.Proceed(row with
        {
            Attempts = row.Attempts.Add(attempt, element),
            LastAttemptMs = (ulong)Math.Max(0, now.ToUnixTimeMilliseconds()),
            Events = row.Events.Add(now, RealmEventKind.Attempt),
        });
    }

    /// <summary>Gives all guesses back for an attempt that is remembered, once in its round.</summary>
    public static RealmStep Reset(RealmSlotRow row, AttemptId attempt, ulong round, DateTimeOffset now)
    {
        if (row.IsDestroyed) return Refuse(ErrorCode.SlotLocked, default, null);
        if (!row.LastReset.IsEmpty && new AttemptId(row.LastReset.Span) == attempt && round + 1 == row.Round)
            return new RealmStep.Proceed(null);
        if (round != row.Round || row.Attempts.Find(attempt) is null) return RefuseAttempt();

        return new RealmStep.Proceed(row with
        {
            Attempts = default,
            Round = row.Round + 1,
            LastReset = attempt.ToArray(),
            Events = row.Events.Add(now, RealmEventKind.Reset),
        });
    }

    /// <summary>A slot whose share is destroyed, and that still tells what it was.</summary>
    public static RealmSlotRow Destroy(RealmSlotRow row, DateTimeOffset now) => row with
    {
        IsDestroyed = true,
        Kek = default,
        SealedShare = default,
        Attempts = default,
        Events = row.Events.Add(now, RealmEventKind.Destroyed),
    };

    // Written down, so that the owner hears of it; but not each time, or a stranger with a token could keep the disk
    // busy.
    private static RealmSlotRow? NoteRefusal(RealmSlotRow row, DateTimeOffset now)
    {
        var seconds = (ulong)Math.Max(0, now.ToUnixTimeSeconds());
        var since = seconds > row.RefusedAt ? seconds - row.RefusedAt : row.RefusedAt - seconds;
        return since < RefusalsEverySeconds
            ? null
            : row with { RefusedAt = seconds, Events = row.Events.Add(now, RealmEventKind.Refused) };
    }

    private static RealmStep.Refuse RefuseAttempt() => new(new ServiceFailure(ErrorCode.Refused) { Field = "attempt" });

    private static RealmStep.Refuse Refuse(ErrorCode code, RealmStanding standing, RealmSlotRow? next) =>
        new(new ServiceFailure(code) { GuessesLeft = standing.GuessesLeft, NextAttemptInMs = standing.NextAttemptInMs },
            next);
}
