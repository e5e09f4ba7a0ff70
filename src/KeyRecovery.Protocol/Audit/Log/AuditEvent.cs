namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>What was done to an account (docs/protocol.md §17).</summary>
public enum AuditEvent
{
    /// <summary>It was made.</summary>
    Created = 1,

    /// <summary>Items, devices or slots changed.</summary>
    Committed = 2,

    /// <summary>A client gave back what the server had lost, or took another line's place.</summary>
    Repaired = 3,

    /// <summary>It went back to an earlier state.</summary>
    Undone = 4,

    /// <summary>Its erasure was asked for, and is held.</summary>
    ErasureRequested = 5,

    /// <summary>That was called off.</summary>
    ErasureCancelled = 6,

    /// <summary>It was erased.</summary>
    Erased = 7,

    /// <summary>The log was begun anew, after another one that its operator has lost.</summary>
    LogBegunAnew = 8,
}
