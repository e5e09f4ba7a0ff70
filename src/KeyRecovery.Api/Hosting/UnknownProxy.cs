using KeyRecovery.Api.Telemetry;
using Microsoft.AspNetCore.HttpOverrides;

namespace KeyRecovery.Api.Hosting;

/// <summary>
/// Says, once an hour at most, that somebody passes on addresses whose word is not taken: behind a proxy that nobody
/// has named all callers are one, and share one caller's rate.
/// </summary>
internal sealed partial class UnknownProxy(RequestDelegate next, TimeProvider time, ILogger<UnknownProxy> logger)
{
    private static readonly TimeSpan Silence = TimeSpan.FromHours(1);

    private long _due = long.MinValue;

    public Task InvokeAsync(HttpContext context)
    {
        // What a known proxy says has been taken, and what was there before it stands beside.
        var headers = context.Request.Headers;
        if (headers.ContainsKey(ForwardedHeadersDefaults.XForwardedForHeaderName)
            && !headers.ContainsKey(ForwardedHeadersDefaults.XOriginalForHeaderName) && IsDue())
            Unknown(logger, ClientNetwork.Of(context.Connection.RemoteIpAddress));
        return next(context);
    }

    private bool IsDue()
    {
        var (due, now) = (Interlocked.Read(ref _due), time.GetTimestamp());
        return now >= due && Interlocked.CompareExchange(
            ref _due, now + (long)(Silence.TotalSeconds * time.TimestampFrequency), due) == due;
    }

    [LoggerMessage(
        5, LogLevel.Warning, "{Network} passes on X-Forwarded-For, and KnownProxies does not name it: whoever comes "
        + "through it counts as one caller", EventName = "ProxyUnknown")]
    private static partial void Unknown(ILogger logger, string network);
}
