namespace KeyRecovery.Architecture.Tests;

/// <summary>Folders that use each other, and should not: a list that only becomes shorter.</summary>
internal static class KnownCircles
{
    /// <summary>Pairs that use each other, and after them the folders of longer circles that are in no pair.</summary>
    public static IReadOnlyList<string> Of(string project) => project switch
    {
        "KeyRecovery.Cli" =>
        [
            "Commands ↔ Demo", "Commands ↔ Invocation", "Demo ↔ Demo/Steps", "Input ↔ Invocation",
            "Invocation ↔ Output",
            "Kit",
        ],
        _ => [],
    };
}
