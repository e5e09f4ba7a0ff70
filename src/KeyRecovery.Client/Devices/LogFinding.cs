namespace KeyRecovery;

/// <summary>
/// What does not hold between the account and the server's log (docs/protocol.md §17.1). It locks nobody out; show it
/// to the person, then <see cref="AccountLog.DismissFindingAsync"/>.
/// </summary>
/// <param name="Fault">What: <see cref="ProtocolFault.LogMissing"/> where a change is not in the log.</param>
/// <param name="SeenAt">When this device saw it first, by its own clock.</param>
/// <param name="Version">The version of the account that is concerned.</param>
public sealed record LogFinding(ProtocolFault Fault, DateTimeOffset SeenAt, ulong Version)
{
    /// <summary>The checkpoint that this device had verified, a signed note; empty where none contradicts.</summary>
    public ReadOnlyMemory<byte> Known { get; init; }

    /// <summary>The one that it was served, or that a witness knows; empty likewise.</summary>
    public ReadOnlyMemory<byte> Served { get; init; }
}
