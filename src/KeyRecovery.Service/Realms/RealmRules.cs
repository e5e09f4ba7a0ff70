using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
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
    private const ulong FreshSeconds = RealmLimits.FreshHours * 60 * 60;

    /// <summary>Counts a guess, or refuses it.</summary>
    public static RealmStep Charge(
        RealmSlotRow row, AttemptId attempt, Hash256 element, PassphrasePolicy policy, DateTimeOffset now,
        bool isPaused = false)
    {
        var standing = RealmStanding.Of(row, policy, now);
        if (row.State == RealmSlotState.Destroyed) return Refuse(ErrorCode.SlotLocked, standing, NoteRefusal(row, now));
        if (isPaused || row.State == RealmSlotState.Paused)
            return Refuse(ErrorCode.SlotPaused, standing, NoteRefusal(row, now));

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
        if (row.State == RealmSlotState.Destroyed) return Refuse(ErrorCode.SlotLocked, default, null);
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

    /// <summary>Does what the devices ask, of which the signature was checked.</summary>
    /// <param name="row">The row.</param>
    /// <param name="version">The command's version.</param>
    /// <param name="command">What they ask.</param>
    /// <param name="request">SHA-256 of the request's body.</param>
    /// <param name="now">The realm's clock.</param>
    public static RealmStep Manage(
        RealmSlotRow row, ulong version, RealmCommand command, Hash256 request, DateTimeOffset now)
    {
        if (command.Action == RealmAction.Status) return new RealmStep.Proceed(null);
        if (version <= row.Version)
            return new RealmStep.Refuse(new ServiceFailure(ErrorCode.Conflict) { Field = "version" });
        if (command.Action == RealmAction.Delete)
            return new RealmStep.Proceed(RealmSlotRow.Deleted(version, request.ToArray()));
        if (row.State == RealmSlotState.Destroyed) return Refuse(ErrorCode.SlotLocked, default, null);

        var next = row with { Version = version, LastCommand = request.ToArray() };
        return new RealmStep.Proceed(command.Action switch
        {
            RealmAction.Pause when row.State != RealmSlotState.Paused =>
                next with { State = RealmSlotState.Paused, Events = row.Events.Add(now, RealmEventKind.Paused) },
            RealmAction.Resume when row.State == RealmSlotState.Paused => next with
            {
                State = row.IsConfirmed ? RealmSlotState.Live : RealmSlotState.Fresh,
                Events = row.Events.Add(now, RealmEventKind.Resumed),
            },
            RealmAction.Head when row.Head is not { } known
                || known.Sequence <= command.Head!.Value.Sequence => next with
            {
                Head = command.Head,
                IsConfirmed = true,
                State = row.State == RealmSlotState.Fresh ? RealmSlotState.Live : row.State,
            },
            RealmAction.Key => next with
            {
                ManagementKey = command.ManagementKey!.ToArray(),
                // It may be one that somebody made up who was removed since.
                Head = null,
                Events = row.Events.Add(now, RealmEventKind.NewManagementKey),
            },
            _ => next,
        });
    }

    /// <summary>
    /// Whether this is the last command once more: its answer was lost, and the key that signed it may be gone.
    /// </summary>
    public static bool IsLastCommand(RealmSlotRow row, Hash256 request) =>
        !row.LastCommand.IsEmpty && new Hash256(row.LastCommand.Span) == request;

    /// <summary>Whether a row no longer counts among its user's slots.</summary>
    public static bool MakesRoom(RealmSlotRow row, DateTimeOffset now) =>
        row.State == RealmSlotState.Destroyed
        || (!row.IsConfirmed && row.RegisteredAt + FreshSeconds <= (ulong)Math.Max(0, now.ToUnixTimeSeconds()));

    /// <summary>A slot whose share is destroyed, and that still tells what it was.</summary>
    public static RealmSlotRow Destroy(RealmSlotRow row, DateTimeOffset now) => row with
    {
        State = RealmSlotState.Destroyed,
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
