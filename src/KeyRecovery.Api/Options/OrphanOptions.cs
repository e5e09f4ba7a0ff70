namespace KeyRecovery.Api.Options;

/// <summary>The sweep of what a broken-off request left behind.</summary>
internal sealed class OrphanOptions
{
    /// <summary>How old an orphan is before it is swept: 1 to 720 hours. Default 24.</summary>
    public int AfterHours { get; set; } = 24;

    /// <summary>Minutes between sweeps: 1 to 1,440. Default 60.</summary>
    public int SweepEveryMinutes { get; set; } = 60;
}
