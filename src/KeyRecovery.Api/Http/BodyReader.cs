using System.Buffers;
using Microsoft.AspNetCore.Http.Features;

namespace KeyRecovery.Api.Http;

/// <summary>Reads a whole body, no longer than its route allows.</summary>
internal static class BodyReader
{
    /// <summary>The route's limit, in bytes.</summary>
    public static long Limit(HttpContext context) =>
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? BodyLimit.Default;

    /// <summary>The body's bytes.</summary>
    /// <exception cref="BadHttpRequestException">It is longer than the limit, broken off or too slow.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpContext context, CancellationToken ct)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false }) return default;
        var reader = context.Request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(ct);
            if (result.IsCompleted)
            {
                var bytes = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return bytes;
            }

            // Nothing is consumed, so that the reader goes on collecting; the server enforces the limit as bytes arrive.
            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}
