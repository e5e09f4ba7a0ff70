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
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpContext context, CancellationToken ct) =>
        (await ReadAsync(context, static _ => { }, ct)).Bytes;

    /// <summary>The body's bytes, and whether they were not all there yet when they were asked for.</summary>
    /// <param name="context">The request.</param>
    /// <param name="beforeWaiting">Told, before each wait, how many bytes came since the last.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="BadHttpRequestException">It is longer than the limit, broken off or too slow.</exception>
    public static async ValueTask<(ReadOnlyMemory<byte> Bytes, bool HadToWait)> ReadAsync(
        HttpContext context, Action<long> beforeWaiting, CancellationToken ct)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false }) return (default, false);
        var (reader, hadToWait, seen) = (context.Request.BodyReader, false, 0L);
        while (true)
        {
            var read = reader.ReadAsync(ct);
            hadToWait |= !read.IsCompleted;
            var result = await read;
            if (result.IsCompleted)
            {
                var bytes = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return (bytes, hadToWait);
            }

            var (grown, start, end) = (result.Buffer.Length - seen, result.Buffer.Start, result.Buffer.End);
            seen += grown;
            // Nothing is consumed, so that the reader goes on collecting; the server enforces the limit as bytes arrive.
            reader.AdvanceTo(start, end);
            beforeWaiting(grown);
        }
    }
}
