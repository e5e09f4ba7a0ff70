namespace KeyRecovery.Api.Http;

/// <summary>What every answer carries.</summary>
internal static class ResponseHeaders
{
    private const string TwoYears = "max-age=63072000";

    /// <summary>Set before the route runs, which may choose another <c>Cache-Control</c>.</summary>
    public static void Apply(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        if (context.Request.IsHttps) headers.StrictTransportSecurity = TwoYears;
        if (BodyReader.CanHaveBody(context)) context.Response.OnStarting(TellOfTheEndAsync, context);
    }

    // Of a body that is longer than its route reads the rest is never read, and the connection ends with the answer,
    // also one that needs no body. Who is not told so sends the next request into its end (RFC 9112, section 9.6).
    private static Task TellOfTheEndAsync(object state)
    {
        var context = (HttpContext)state;
        var (length, limit) = (context.Request.ContentLength, BodyReader.Limit(context));
        if (HttpProtocol.IsHttp11(context.Request.Protocol) && (length > limit || (length is null && limit == 0)))
            context.Response.Headers.Connection = "close";
        return Task.CompletedTask;
    }
}
