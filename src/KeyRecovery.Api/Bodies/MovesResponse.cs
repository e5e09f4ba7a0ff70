using System.ComponentModel;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Api.Bodies;

/// <summary>What came of each line, or would.</summary>
internal sealed record MovesResponse(
    [property: Description("Whether nothing was moved.")] bool DryRun,
    [property: Description(
        "One for each line, in order: moved, same, unknown, taken, erased, lost, full or failed.")]
    IReadOnlyList<string> Outcomes)
{
    public static MovesResponse Of(bool isDry, IReadOnlyList<MoveLineResult> results) =>
        new(isDry, [.. results.Select(Word)]);

    private static string Word(MoveLineResult result) => result switch
    {
        MoveLineResult.Moved => "moved",
        MoveLineResult.Same => "same",
        MoveLineResult.Unknown => "unknown",
        MoveLineResult.Taken => "taken",
        MoveLineResult.Erased => "erased",
        MoveLineResult.Lost => "lost",
        MoveLineResult.Full => "full",
        _ => "failed",
    };
}
