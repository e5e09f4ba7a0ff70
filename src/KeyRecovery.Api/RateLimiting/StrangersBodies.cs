using KeyRecovery.Api.Http;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.RateLimiting;

/// <summary>
/// Large bodies that are read before anybody's signature is verified: bounded for all of them together, and each comes
/// at a least rate. So whoever fills the room, or drips, keeps nobody else out.
/// </summary>
/// <param name="most">All bytes at once.</param>
/// <param name="time">The clock.</param>
internal class StrangersBodies(long most, TimeProvider time)
{
    // Those who wait for one another's bytes are strangers: the oldest of all gives way, whoever sends it.
    private const int Everybody = 0;

    private readonly SharedBytes _held = new(most);

    /// <summary>Bytes that are held now.</summary>
    public long Held => _held.Held;

    /// <summary>Reads the body, or says that it had to give way to others.</summary>
    /// <exception cref="BadHttpRequestException">It is too long, broken off or too slow.</exception>
    public async ValueTask<(ReadOnlyMemory<byte> Body, ProblemResult? Refusal)> ReadAsync(HttpContext context)
    {
        using var ended = new CancellationTokenSource(RequestLimits.StrangerGrace, time);
        using var gone = context.RequestAborted.UnsafeRegister(
            static ended => ((CancellationTokenSource)ended!).Cancel(), ended);
        var hasGivenWay = false;
        using var held = _held.Begin(Everybody, () =>
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
            return (default, new ProblemResult(ErrorCode.Unavailable) { RetryAfter = RequestLimits.StrangerRetry });
        }
        catch (OperationCanceledException late) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new BadHttpRequestException("late", StatusCodes.Status408RequestTimeout, late);
        }
    }

    private TimeSpan Left(long received, long began)
    {
        var due = RequestLimits.StrangerGrace + TimeSpan.FromSeconds((double)received / RequestLimits.StrangerRate);
        var left = due - time.GetElapsedTime(began);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}

/// <summary>Those of the realm's routes: heads, commands and registrations with all links of an account.</summary>
internal sealed class RealmBodies(TimeProvider time) : StrangersBodies(RequestLimits.RealmBytes, time);
