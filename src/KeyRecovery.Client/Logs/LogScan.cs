using System.Collections.Immutable;

namespace KeyRecovery;

/// <summary>All of the log was read, and it has no change of the account that the server does not show.</summary>
/// <param name="Size">How many leaves were looked at.</param>
/// <param name="Witnesses">What each witness of the app's policy knows: only where one does can a server not hide a
/// change from the log as well.</param>
public sealed record LogScan(ulong Size, ImmutableArray<WitnessReport> Witnesses)
{
    /// <summary>
    /// Changes of the account that a restore of the server has lost, by its signed word: 0 as a rule.
    /// </summary>
    public int Lost { get; init; }
}
