namespace KeyRecovery;

/// <summary>
/// Two checkpoints of one log that do not go together (docs/protocol.md §17.1): with the log's tiles, whoever holds
/// its key sees it. Of one size with two roots they prove it by themselves.
/// </summary>
/// <param name="Known">The signed note that this device had verified, or that a witness has cosigned.</param>
/// <param name="Served">The one that it was served; empty where there was none any more.</param>
public sealed record LogEvidence(ReadOnlyMemory<byte> Known, ReadOnlyMemory<byte> Served)
{
    /// <summary>
    /// Where in the log, of <see cref="Known"/>, a change of the account stands that the server does not show; null
    /// where the checkpoints are all that is told.
    /// </summary>
    public ulong? Index { get; init; }
}
