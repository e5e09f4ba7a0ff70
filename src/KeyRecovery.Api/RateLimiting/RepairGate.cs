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
    // Those who wait for one another's bytes are strangers: the oldest of all gives way, whoever sends it.
    private const int Everybody = 0;

    private readonly TokenBuckets _buckets =
        new(options.RateLimits.Repair.PerSecond, options.RateLimits.Repair.Burst, time);

    private readonly Lock _gate = new();
    private readonly HashSet<UInt128> _callers = [];
    private readonly SharedBytes _bytes = new(RequestLimits.RepairBytes);

    /// <summary>Repairs that are under way.</summary>
    public int Count
    {
        get { lock (_gate) return _callers.Count; }
    }

    /// <summary>Bytes of repairs that are held now.</summary>
    public long Held => _bytes.Held;

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
                ? ErrorCode.Unavailable : ErrorCode.RateLimited) { RetryAfter = RequestLimits.RepairRetry };
        }

        metrics.RateLimited("repair");
        return null;
    }

    /// <summary>Reads the body, or says that it had to give way to others.</summary>
    /// <exception cref="BadHttpRequestException">It is too long, broken off or too slow.</exception>
    public async ValueTask<(ReadOnlyMemory<byte> Body, ProblemResult? Refusal)> ReadAsync(HttpContext context)
    {
        using var ended = new CancellationTokenSource(RequestLimits.RepairGrace, time);
        using var gone = context.RequestAborted.UnsafeRegister(
            static ended => ((CancellationTokenSource)ended!).Cancel(), ended);
        var hasGivenWay = false;
        using var held = _bytes.Begin(Everybody, () =>
        {
            hasGivenWay = true;
            ended.Cancel();
        });
        var (began, received) = (time.GetTimestamp(), 0L);
        try
        {
            var (body, _) = await BodyReader.ReadAsync(context, grown =>
            {
                // A buffer that grows is at most half empty.
                if (grown > 0 && !held.TryGrow(2 * grown)) throw new OperationCanceledException();
                received += grown;
                ended.CancelAfter(Left(received, began));
            }, ended.Token);
            return (body, null);
        }
        catch (OperationCanceledException) when (hasGivenWay)
        {
            return (default, new ProblemResult(ErrorCode.Unavailable) { RetryAfter = RequestLimits.RepairRetry });
        }
        catch (OperationCanceledException late) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new BadHttpRequestException("late", StatusCodes.Status408RequestTimeout, late);
        }
    }

    private TimeSpan Left(long received, long began)
    {
        var due = RequestLimits.RepairGrace + TimeSpan.FromSeconds((double)received / RequestLimits.RepairRate);
        var left = due - time.GetElapsedTime(began);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private void Leave(UInt128 caller)
    {
        lock (_gate) _callers.Remove(caller);
    }

    private sealed class Place(RepairGate gate, UInt128 caller) : IDisposable
    {
        public void Dispose() => gate.Leave(caller);
    }
}
