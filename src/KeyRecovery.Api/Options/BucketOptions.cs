namespace KeyRecovery.Api.Options;

/// <summary>One token bucket.</summary>
internal sealed class BucketOptions
{
    /// <summary>Requests a second, in the long run: 0.001 to 1,000,000.</summary>
    public double PerSecond { get; set; }

    /// <summary>Requests at once: 1 to 1,000,000.</summary>
    public int Burst { get; set; }
}
