namespace KeyRecovery.Api.Options;

/// <summary>When the KEK is replaced.</summary>
internal sealed class RotationOptions
{
    /// <summary>
    /// The least time from one rotation to the next, however often one is asked for: 0 to 720 hours, by the clock's
    /// hours. Default 24. An operator's <c>rotate</c> does not wait.
    /// </summary>
    public int MinIntervalHours { get; set; } = 24;

    /// <summary>Seconds after which a rotation that could not end is tried again: 1 to 86,400. Default 300.</summary>
    public int RetrySeconds { get; set; } = 300;
}
