using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace KeyRecovery.Api.Http;

/// <summary>Reads bodies, no longer than their routes allow.</summary>
internal static class BodyReader
{
    private const int FirstBuffer = 32 * 1024;

    /// <summary>The route's limit, in bytes.</summary>
    public static long Limit(HttpContext context) =>
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? BodyLimit.Default;

    /// <summary>Whether the request has a body, or may have one.</summary>
    public static bool CanHaveBody(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false };

    /// <summary>
    /// One read of a body. What is wrong with its framing is the caller's fault, whatever the web server throws.
    /// </summary>
    /// <exception cref="BadHttpRequestException">It is longer than the limit, broken off, malformed or too
    /// slow.</exception>
    /// <exception cref="ConnectionResetException">The caller is gone.</exception>
    /// <exception cref="ConnectionAbortedException">The connection was ended from here.</exception>
    public static async ValueTask<ReadResult> NextAsync(PipeReader reader, CancellationToken ct)
    {
        // Not by the read's own token: it leaves the reader unfit to look for the rest of the body.
        using var cancelled = ct.UnsafeRegister(static reading => ((PipeReader)reading!).CancelPendingRead(), reader);
        try
        {
            var result = await reader.ReadAsync(CancellationToken.None);
            // A server that stops cancels reads too, to be rid of those who wait for a next request: this one goes on.
            if (!ct.IsCancellationRequested) return result;
            reader.AdvanceTo(result.Buffer.End);
        }
        catch (IOException broken) when (broken is not (BadHttpRequestException or ConnectionResetException))
        {
            throw new BadHttpRequestException("broken", StatusCodes.Status400BadRequest, broken);
        }
        catch (OperationCanceledException aborted)
        {
            throw new ConnectionAbortedException("aborted", aborted);
        }

        throw new OperationCanceledException(ct);
    }

    /// <summary>The body's bytes.</summary>
    /// <exception cref="BadHttpRequestException">It is longer than the limit, broken off or too slow.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpContext context) =>
        (await ReadAsync(context, static _ => { }, CancellationToken.None)).Bytes;

    /// <summary>The body's bytes, and whether they were not all there yet when they were asked for.</summary>
    /// <param name="context">The request.</param>
    /// <param name="beforeWaiting">Told, before each wait, how many bytes came since the last.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="BadHttpRequestException">It is longer than the limit, broken off or too slow.</exception>
    public static async ValueTask<(ReadOnlyMemory<byte> Bytes, bool HadToWait)> ReadAsync(
        HttpContext context, Action<long> beforeWaiting, CancellationToken ct)
    {
        if (!CanHaveBody(context)) return (default, false);
        var (reader, hadToWait) = (context.Request.BodyReader, false);
        ArrayBufferWriter<byte>? collected = null;
        while (true)
        {
            var read = NextAsync(reader, ct);
            hadToWait |= !read.IsCompleted;
            var (bytes, isLast) = Take(reader, await read);
            if (collected is null && isLast) return (bytes, hadToWait);
            collected ??= new ArrayBufferWriter<byte>(FirstBuffer);
            collected.Write(bytes);
            if (isLast) return (collected.WrittenMemory, hadToWait);
            beforeWaiting(bytes.Length);
        }
    }

    /// <summary>
    /// Takes all that a read gave. What is looked at and left there keeps the web server from noticing in order that a
    /// caller is gone.
    /// </summary>
    public static (byte[] Bytes, bool IsLast) Take(PipeReader reader, ReadResult result)
    {
        var bytes = result.Buffer.ToArray();
        reader.AdvanceTo(result.Buffer.End);
        return (bytes, result.IsCompleted);
    }
}
