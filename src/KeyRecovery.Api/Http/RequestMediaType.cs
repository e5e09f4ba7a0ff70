using Microsoft.Net.Http.Headers;

namespace KeyRecovery.Api.Http;

/// <summary>
/// Text is UTF-8 (RFC 8259 §8.1): the framework would transcode other character sets behind our backs.
/// </summary>
internal static class RequestMediaType
{
    public static bool IsReadable(HttpRequest request)
    {
        var contentType = request.Headers.ContentType;
        if (contentType.Count == 0) return true;
        return contentType.Count == 1
            && MediaTypeHeaderValue.TryParse(contentType[0], out var parsed)
            && (!parsed.Charset.HasValue || parsed.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));
    }
}
