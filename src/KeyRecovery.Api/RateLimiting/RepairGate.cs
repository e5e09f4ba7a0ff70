using System.Net;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.RateLimiting;

/// <summary>
/// What keeps repairs, whose large bodies are read before anybody's signature is verified, from the others' way: a
/// bucket and one place for each address, and a rate at which the body must come.
/// </summary>
internal sealed class RepairGate(KeyRecoveryOptions options, ServerMetrics metrics, TimeProvider time)
{
    private readonly TokenBuckets _buckets =
        TokenBuckets.PartOf(options.RateLimits.Repair, options.Instances, time);

    private readonly Lock _gate = new();
    private readonly HashSet<UInt128> _callers = [];
    private readonly StrangersBodies _bodies = new(RequestLimits.RepairBytes, time);

    /// <summary>Repairs that are under way.</summary>
    public int Count
    {
        get { lock (_gate) return _callers.Count; }
    }

    /// <summary>Bytes of repairs that are held now.</summary>
    public long Held => _bodies.Held;

    /// <summary>Takes the address's place until it is disposed of, or says when to come back.</summary>
    public IDisposable? TryEnter(IPAddress? address, out ProblemResult? refusal)
    {
        refusal = null;
        var caller = ClientAddress.Of(address);
        if (!_buckets.TryTake(caller, out var retryAfter))
        {
            metrics.RateLimited("repair");
            refusal = new ProblemResult(ErrorCode.RateLimited) { RetryAfter = retryAfter };
            return null;
        }

        lock (_gate)
        {
            var isFull = _callers.Count >= RequestLimits.Repairs;
            if (!isFull && _callers.Add(caller)) return new Place(this, caller);
            refusal = new ProblemResult(isFull
                ? ErrorCode.Unavailable : ErrorCode.RateLimited) { RetryAfter = RequestLimits.StrangerRetry };
        }

        metrics.RateLimited("repair");
        return null;
    }

    /// <summary>Reads the body, or says that it had to give way to others.</summary>
    /// <exception cref="BadHttpRequestException">It is too long, broken off or too slow.</exception>
    public ValueTask<(ReadOnlyMemory<byte> Body, ProblemResult? Refusal)> ReadAsync(HttpContext context) =>
        _bodies.ReadAsync(context);

    private void Leave(UInt128 caller)
    {
        lock (_gate) _callers.Remove(caller);
    }

    private sealed class Place(RepairGate gate, UInt128 caller) : IDisposable
    {
        public void Dispose() => gate.Leave(caller);
    }
}
