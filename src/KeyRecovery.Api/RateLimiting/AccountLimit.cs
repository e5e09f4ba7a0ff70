using KeyRecovery.Api.Options;

namespace KeyRecovery.Api.RateLimiting;

/// <summary>The limit by account. It counts verified requests only, so that no stranger uses it up.</summary>
internal sealed class AccountLimit(KeyRecoveryOptions options, TimeProvider time)
{
    private readonly TokenBuckets _buckets =
        TokenBuckets.PartOf(options.RateLimits.Account, options.Instances, time);

    /// <summary>Counts a verified request of <paramref name="account"/>; false when it came too soon.</summary>
    public bool TryTake(AccountId account, out TimeSpan retryAfter) =>
        _buckets.TryTake(Owner.Of(account), out retryAfter);
}
