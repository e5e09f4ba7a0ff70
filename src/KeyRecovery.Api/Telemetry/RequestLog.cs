namespace KeyRecovery.Api.Telemetry;

/// <summary>
/// One line a request: method, route template, status, time, network. Never a path, a query, a header, a body or a
/// whole address. A fault of the server's own is told at Error; what changed something, and what was refused, at
/// Information: a server that is busy, that stops, or whose store cannot write (which the store tells once, and not
/// each of its callers) is no alarm a request. Reads that went well are most of the traffic and are told at Debug.
/// </summary>
internal static partial class RequestLog
{
    /// <summary>The route's template, or <c>(none)</c>.</summary>
    public static string Route(HttpContext context) =>
        (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(none)";

    public static void Answered(this ILogger logger, HttpContext context, string route, TimeSpan elapsed)
    {
        var status = context.Response.StatusCode;
        var level = status == StatusCodes.Status500InternalServerError ? LogLevel.Error
            : status >= 400 || !IsRead(context.Request.Method) ? LogLevel.Information
            : LogLevel.Debug;
        if (logger.IsEnabled(level))
        {
            var method = Method(context.Request.Method);
            var elapsedMs = Math.Round(elapsed.TotalMilliseconds, 3);
            var network = ClientNetwork.Of(context.Connection.RemoteIpAddress);
            Answered(logger, level, method, route, status, elapsedMs, network);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "{Route} failed", EventName = "RequestFailed")]
    public static partial void Failed(this ILogger logger, Exception failure, string route);

    [LoggerMessage(
        EventId = 2, Message = "{Method} {Route} {Status} in {ElapsedMs} ms from {Network}", EventName = "Request")]
    private static partial void Answered(
        ILogger logger, LogLevel level, string method, string route, int status, double elapsedMs, string network);

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    // A method is any token that the caller likes.
    private static string Method(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsPost(method) || HttpMethods.IsPut(method)
            || HttpMethods.IsDelete(method)
            || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || HttpMethods.IsPatch(method)
            ? method
            : "OTHER";
}
