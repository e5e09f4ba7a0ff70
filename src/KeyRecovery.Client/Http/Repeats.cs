using System.Net;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Http;

/// <summary>
/// Whether a request is sent again, and after which pause: what the server asks for, or about twice the last one, so
/// that devices which were cut off together do not come back together.
/// </summary>
/// <param name="options">How often in all, and the first pause.</param>
internal sealed class Repeats(KeyRecoveryOptions options)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>The pause before the next one; null where this answer stands.</summary>
    /// <param name="answer">What came of the last one.</param>
    /// <param name="sent">How many were sent.</param>
    public TimeSpan? PauseAfter(Answer answer, int sent)
    {
        if (sent >= options.Attempts || !IsPassing(answer)) return null;
        if (answer is not Answer.Problem { Details.RetryAfterMs: { } ms and >= 0 }) return Grown(sent);
        return ToldTime.Wait(ms) is var asked && asked <= LongestPause ? asked : null;
    }

    private static bool IsPassing(Answer answer) => answer is Answer.Unreachable
        or Answer.Problem
        {
            Status: HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
                or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout,
        };

    // From half to one and a half of it, by chance. A million times a pause is too long, so more is not counted.
    private TimeSpan Grown(int sent)
    {
        var times = (1 << Math.Min(sent - 1, 20)) * (0.5 + Random.Shared.NextDouble());
        var first = options.RetryDelay > TimeSpan.Zero ? options.RetryDelay : TimeSpan.Zero;
        return first < LongestPause / times ? first * times : LongestPause;
    }
}
