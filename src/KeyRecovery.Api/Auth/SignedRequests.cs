using KeyRecovery.Api.Http;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// Request signatures (RFC 9421, the profile of <see cref="HttpSignature"/>) for routes marked <see cref="Signed"/>. The
/// signature is verified over the digest that the headers name before a byte of the body is read; then the body must
/// have that digest.
/// </summary>
internal sealed class SignedRequests(
    RequestDelegate next,
    IRequestAuthenticator authenticator,
    ServerAuthority authority,
    AccountLimit limit,
    ServerMetrics metrics,
    TimeProvider time)
{
    /// <summary>How far a signer's clock may be from ours.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(300);

    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<Signed>() is null ? next(context) : VerifyAsync(context);

    private async Task VerifyAsync(HttpContext context)
    {
        if (await RefusalAsync(context) is { } refusal) await refusal.ExecuteAsync(context);
        else await next(context);
    }

    private async ValueTask<ProblemResult?> RefusalAsync(HttpContext context)
    {
        var headers = SignatureHeaders.Read(context.Request);
        if (headers.Refusal is { } malformed) return malformed;
        var signature = headers.Signature!;
        if (Math.Abs(time.GetUtcNow().ToUnixTimeSeconds() - signature.Created) > ClockSkew.TotalSeconds)
            return new ProblemResult(ErrorCode.ClockSkew);
        if (context.Request.ContentLength > BodyReader.Limit(context)) return new ProblemResult(ErrorCode.TooLarge);

        var signed = signature.SignatureBase(SignedTarget.Parts(context, authority.Value, headers.Digest!));
        var result = await authenticator.AuthenticateAsync(
            signature.KeyId, key => key.VerifyHttp(signed, signature.Signature), context.RequestAborted);
        if (result is AuthenticationResult.Refused refused) return new ProblemResult(refused.Code);
        var caller = (AuthenticationResult.Verified)result;
        if (!limit.TryTake(caller.Account, out var retryAfter))
        {
            metrics.RateLimited("account");
            return new ProblemResult(ErrorCode.RateLimited) { RetryAfter = retryAfter };
        }

        var body = await BodyReader.ReadAsync(context);
        if (Hash256.Of(body.Span) != headers.Hash) return SignatureHeaders.Invalid(SignatureHeaders.ContentDigest);
        context.Features.Set(new SignedRequest(signature.KeyId, caller, body));
        return null;
    }
}
