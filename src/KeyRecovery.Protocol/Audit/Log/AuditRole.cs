namespace KeyRecovery;

/// <summary>Who did it (docs/protocol.md §17).</summary>
public enum AuditRole
{
    /// <summary>A device of the account.</summary>
    Device = 1,

    /// <summary>A recovery code or passphrase.</summary>
    Slot = 2,

    /// <summary>An operator.</summary>
    Operator = 3,

    /// <summary>The server by itself.</summary>
    Server = 4,
}
