using System.Collections.Immutable;

namespace KeyRecovery;

/// <summary>What was done to an account, the newest first.</summary>
/// <param name="Entries">One for each change.</param>
public sealed record AccountActivity(ImmutableArray<ActivityEntry> Entries)
{
    /// <summary>With what to ask for those before these; null where there are none.</summary>
    public ulong? Before { get; init; }

    /// <summary>The log's name; null where the server keeps none.</summary>
    public string? Log { get; init; }

    /// <summary>How many leaves the log has: it was verified at this size, and goes on from what was before.</summary>
    public ulong LogSize { get; init; }
}
