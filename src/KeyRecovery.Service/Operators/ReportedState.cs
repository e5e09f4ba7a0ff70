namespace KeyRecovery.Service.Operators;

/// <summary>How an account stands.</summary>
public enum ReportedState
{
    /// <summary>It can be read, and changed unless it is suspended.</summary>
    Open,

    /// <summary>The server lost its newest link; a device gives it back.</summary>
    RepairRequired,

    /// <summary>The server lost its data; a device uploads them anew.</summary>
    VaultLost,

    /// <summary>Its key is destroyed.</summary>
    Erased,

    /// <summary>A row of it does not open; told on a page alone, which goes on behind it.</summary>
    Damaged,
}
