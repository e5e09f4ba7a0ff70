using System.Text.Json.Nodes;

namespace KeyRecovery.Cli.Demo.Telling;

/// <summary>What came of a step.</summary>
/// <param name="Name">The step's name.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Failure">Which claim did not hold; null when all did.</param>
/// <param name="Facts">Numbers and names of this run.</param>
internal sealed record StepOutcome(
    string Name, TimeSpan Elapsed, string? Failure, JsonObject Facts);
