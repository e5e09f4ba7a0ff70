using System.Text.Json.Serialization;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Rotation;

namespace KeyRecovery.Api.Reports;

/// <summary>How a rotation ended, for the log, a person and <c>--json</c>.</summary>
/// <param name="Outcome"><c>done</c>, <c>blocked</c>, <c>refused</c> or <c>unavailable</c>; only the first is a
/// success.</param>
/// <param name="Problem">Why it is not done; null where it is.</param>
/// <param name="Rewrapped">Rows moved to the current KEK.</param>
/// <param name="Destroyed">Ids of the KEKs that are gone, proved.</param>
/// <param name="Current">Id of the current KEK.</param>
/// <param name="Lost">Rows whose KEK was destroyed before.</param>
internal sealed record RotationReport(
    string Outcome, string? Problem, int Rewrapped, IReadOnlyList<uint> Destroyed, uint Current, int Lost)
{
    public const string DoneOutcome = "done";

    [JsonIgnore]
    public bool IsDone => Outcome == DoneOutcome;

    public static RotationReport Of(RotationOutcome outcome, IKekRing ring)
    {
        var current = ring.Current.Id.Value;
        return outcome switch
        {
            RotationOutcome.Done done =>
                new(DoneOutcome, null, done.Rewrapped, [.. done.Destroyed.Select(kek => kek.Value)],
                    current, done.Lost),
            RotationOutcome.Blocked blocked => new(
                "blocked",
                $"{blocked.Unreadable} rows do not unwrap, and no KEK is destroyed before they do; run check",
                blocked.Rewrapped, [], current, 0),
            RotationOutcome.Refused refused =>
                new("refused", refused.Refusal.Reason, refused.Rewrapped, [], current, 0),
            RotationOutcome.Unavailable unavailable => new(
                "unavailable", $"the key store does not answer ({unavailable.Reason})", unavailable.Rewrapped, [],
                current, 0),
            _ => throw new InvalidOperationException(),
        };
    }

    public static RotationReport OfRoot(RingResult result, IKekRing ring) => result is RingResult.Refused refused
        ? new("refused", refused.Reason, 0, [], ring.Current.Id.Value, 0)
        : new(DoneOutcome, null, 0, [], ring.Current.Id.Value, 0);
}
