namespace KeyRecovery.Api.Options;

/// <summary>Token buckets: a caller may burst, and then goes at the rate.</summary>
internal sealed class RateLimitOptions
{
    /// <summary>
    /// By network address (IPv4 whole, IPv6 by /64), before anything is verified. Default 50 a second, burst 500: many
    /// users may share one address.
    /// </summary>
    public BucketOptions Address { get; set; } = new() { PerSecond = 50, Burst = 500 };

    /// <summary>
    /// Repairs by network address, beside that: their bodies are large and read before anybody is verified. Default 0.5
    /// a second, burst 20.
    /// </summary>
    public BucketOptions Repair { get; set; } = new() { PerSecond = 0.5, Burst = 20 };

    /// <summary>By account, verified requests only. Default 20 a second, burst 300.</summary>
    public BucketOptions Account { get; set; } = new() { PerSecond = 20, Burst = 300 };

    /// <summary>
    /// Exports of one account a day, for its devices and, apart from them, for operators: each reads all that there is
    /// of it. Default 4.
    /// </summary>
    public int ExportsPerDay { get; set; } = 4;
}
