using KeyRecovery.Api.Options;

namespace KeyRecovery.Api.RateLimiting;

/// <summary>
/// How often an account is exported in a day. Devices and operators have a bucket each, so that neither keeps the other
/// from what the law gives them.
/// </summary>
internal sealed class ExportLimit(KeyRecoveryOptions options, TimeProvider time)
{
    private readonly TokenBuckets _devices = Make(options, time);
    private readonly TokenBuckets _operators = Make(options, time);

    /// <summary>Counts an export; false when it came too soon.</summary>
    public bool TryTake(AccountId account, bool byOperator, out TimeSpan retryAfter) =>
        (byOperator ? _operators : _devices).TryTake(Owner.Of(account), out retryAfter);

    private static TokenBuckets Make(KeyRecoveryOptions options, TimeProvider time)
    {
        var most = options.RateLimits.ExportsPerDay;
        return TokenBuckets.PartOf(
            new BucketOptions { PerSecond = most / TimeSpan.FromDays(1).TotalSeconds, Burst = most },
            options.Instances, time);
    }
}
