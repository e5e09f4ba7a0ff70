namespace KeyRecovery.Service.Linking;

/// <summary>What a request that changes a session has changed.</summary>
public enum LinkReceipt
{
    /// <summary>It was done now.</summary>
    Done,

    /// <summary>The very same had been done before.</summary>
    Repeated,
}
