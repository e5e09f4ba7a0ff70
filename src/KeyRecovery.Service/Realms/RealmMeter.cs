using System.Diagnostics.Metrics;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Telemetry;

namespace KeyRecovery.Service.Realms;

/// <summary>The realm's instruments. Outcomes are from a fixed list, and nothing tells of whom.</summary>
internal static class RealmMeter
{
    private static readonly Meter Meter = new(ServiceMeter.Name);
    private static readonly Counter<long> Attempts = Meter.CreateCounter<long>(
        "keyrecovery.realm.attempts", "{attempt}",
        "Guesses at passphrases, by outcome: counted, repeated, wait, paused, locked, refused.");
    private static readonly Counter<long> Destroyed = Meter.CreateCounter<long>(
        "keyrecovery.realm.shares_destroyed", "{share}",
        "Shares that were destroyed because the guesses were used up.");

    public static void Attempt(RealmStep step)
    {
        var outcome = step switch
        {
            RealmStep.Proceed { Next: null } => "repeated",
            RealmStep.Proceed => "counted",
            RealmStep.Refuse { Failure.Code: ErrorCode.GuessWait } => "wait",
            RealmStep.Refuse { Failure.Code: ErrorCode.SlotPaused } => "paused",
            RealmStep.Refuse { Failure.Code: ErrorCode.SlotLocked } => "locked",
            _ => "refused",
        };
        Attempts.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        if (step is RealmStep.Refuse { Failure.ShareDestroyed: true }) Destroyed.Add(1);
    }
}
