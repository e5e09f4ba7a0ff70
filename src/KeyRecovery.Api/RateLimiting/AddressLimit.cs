using KeyRecovery.Api.Http;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.RateLimiting;

/// <summary>The limit by network address, before anything is read or verified.</summary>
internal sealed class AddressLimit(
    RequestDelegate next, KeyRecoveryOptions options, ServerMetrics metrics, TimeProvider time)
{
    private readonly TokenBuckets _buckets =
        TokenBuckets.PartOf(options.RateLimits.Address, options.Instances, time);

    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<Unlimited>() is not null
            || _buckets.TryTake(ClientAddress.Of(context.Connection.RemoteIpAddress), out var retryAfter))
            return next(context);
        metrics.RateLimited("address");
        return new ProblemResult(ErrorCode.RateLimited) { RetryAfter = retryAfter }.ExecuteAsync(context);
    }
}
