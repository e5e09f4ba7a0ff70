namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// Counts what the step tests have looked at. With <c>KEYRECOVERY_STEPS</c> each walk through an act adds a line to
/// that file: what befell it, and at how many of its steps. <c>.ci/run long</c> tells the sums.
/// </summary>
internal static class StepTally
{
    private static readonly string? Path = Environment.GetEnvironmentVariable("KEYRECOVERY_STEPS");
    private static readonly Lock Turn = new();

    /// <summary>Adds a walk.</summary>
    /// <param name="fate">What befell the act.</param>
    /// <param name="steps">At how many steps it did; in one more round nothing befell it.</param>
    public static void Add(string fate, int steps)
    {
        if (Path is null) return;
        lock (Turn) File.AppendAllText(Path, $"{fate}\t{steps}\n");
    }
}
