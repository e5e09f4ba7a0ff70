using System.Text.Json;
using KeyRecovery.Service.Rotation;

namespace KeyRecovery.Api.Reports;

/// <summary>How far a rotation is, as a line.</summary>
/// <param name="Phase"><c>adding</c>, <c>promoting</c>, <c>draining</c>, <c>rewrapping</c> or
/// <c>destroying</c>.</param>
/// <param name="Pass">Which pass over the rows, from 1.</param>
/// <param name="Rewrapped">Rows moved so far.</param>
internal sealed record RotationLine(string Phase, int Pass, int Rewrapped)
{
    public static RotationLine Of(RotationProgress progress) => new(
        progress.Phase switch
        {
            RotationPhase.Adding => "adding",
            RotationPhase.Promoting => "promoting",
            RotationPhase.Draining => "draining",
            RotationPhase.Rewrapping => "rewrapping",
            RotationPhase.Destroying => "destroying",
            _ => throw new ArgumentOutOfRangeException(nameof(progress)),
        },
        progress.Pass, progress.Rewrapped);

    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Default.RotationLine);

    public string ToText() => Phase switch
    {
        "adding" => "a new KEK is made",
        "promoting" => "it becomes the current one",
        "draining" => "waiting for the last writes under the old one",
        "rewrapping" => $"pass {Pass}: {Rewrapped} rows moved",
        _ => "the old KEK is destroyed",
    };
}
