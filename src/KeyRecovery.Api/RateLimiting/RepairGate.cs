using System.Net;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.RateLimiting;

/// <summary>
/// What keeps repairs, whose large bodies are read before anything is verified, from filling the memory: a bucket of
/// their own for each address, a few at once, and a time by which the body must be there.
/// </summary>
internal sealed class RepairGate(KeyRecoveryOptions options, ServerMetrics metrics, TimeProvider time) : IDisposable
{
    /// <summary>Repairs at once.</summary>
    public const int AtOnce = 8;

    private static readonly TimeSpan BodyTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BusyRetry = TimeSpan.FromSeconds(2);

    private readonly TokenBuckets _buckets =
        new(options.RateLimits.Repair.PerSecond, options.RateLimits.Repair.Burst, time);

    private readonly SemaphoreSlim _places = new(AtOnce);

    /// <summary>Takes a place until it is disposed, or says when to come back.</summary>
    public IDisposable? TryEnter(IPAddress? caller, out ProblemResult? refusal)
    {
        refusal = null;
        if (!_buckets.TryTake(ClientAddress.Of(caller), out var retryAfter))
        {
            metrics.RateLimited("repair");
            refusal = new ProblemResult(ErrorCode.RateLimited) { RetryAfter = retryAfter };
            return null;
        }

        if (_places.Wait(0)) return new Place(_places);
        refusal = new ProblemResult(ErrorCode.Unavailable) { RetryAfter = BusyRetry };
        return null;
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="BadHttpRequestException">Too long, broken off, or not there in time.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpContext context)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        timeout.CancelAfter(BodyTimeout);
        try
        {
            return await BodyReader.ReadAsync(context, timeout.Token);
        }
        catch (OperationCanceledException late) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new BadHttpRequestException("late", StatusCodes.Status408RequestTimeout, late);
        }
    }

    public void Dispose() => _places.Dispose();

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
