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
    }
}
