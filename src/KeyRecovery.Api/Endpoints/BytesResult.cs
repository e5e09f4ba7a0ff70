using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Endpoints;

/// <summary>
/// An answer of bytes that can be many. It is written in small pieces, each within its time, and counted while it is
/// held: the web server's own least rate gives a reader as many seconds as one write has kilobytes.
/// </summary>
/// <param name="Bytes">The body.</param>
/// <param name="ContentType">Its media type.</param>
internal sealed record BytesResult(ReadOnlyMemory<byte> Bytes, string ContentType) : IResult
{
    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        var account = httpContext.Features.Get<SignedRequest>()?.Account.State.Account;
        using var held = httpContext.RequestServices.GetRequiredService<AnswerMemory>().Begin(httpContext, account);
        if (Bytes.Length > RequestLimits.AnswerPiece && !held.TryGrow(Bytes.Length))
        {
            await new ProblemResult(ErrorCode.Unavailable) { RetryAfter = RequestLimits.AccountRetry }
                .ExecuteAsync(httpContext);
            return;
        }

        response.ContentType = ContentType;
        response.ContentLength = Bytes.Length;
        for (var rest = Bytes; !rest.IsEmpty;)
        {
            var piece = rest[..Math.Min(rest.Length, RequestLimits.AnswerPiece)];
            rest = rest[piece.Length..];
            if (await IsTakenAsync(httpContext, piece)) continue;
            httpContext.Abort();
            return;
        }
    }

    private static async ValueTask<bool> IsTakenAsync(HttpContext context, ReadOnlyMemory<byte> piece)
    {
        var write = context.Response.Body.WriteAsync(piece, context.RequestAborted);
        if (write.IsCompletedSuccessfully) return true;
        try
        {
            await write.AsTask()
                .WaitAsync(RequestLimits.AnswerPieceTime, context.RequestServices.GetRequiredService<TimeProvider>());
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Bytes.Length} bytes";
}
