using KeyRecovery.Api.Http;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Protocol.Http;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// Request signatures (RFC 9421, the profile of <see cref="HttpSignature"/>). On routes marked <see cref="Signed"/> the
/// signature is verified over the digest that the headers name before a byte of the body is read; then the body must
/// have that digest.
/// </summary>
internal sealed class SignedRequests(
    RequestDelegate next,
    ServerAuthority authority,
    AppTokens tokens,
    AccountLimit limit,
    Places places,
    RepairGate repairs,
    ServerMetrics metrics,
    TimeProvider time)
{
    /// <summary>How far a signer's clock may be from ours.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(300);

    public Task InvokeAsync(HttpContext context, KeyRecoveryService service)
    {
        var marks = context.GetEndpoint()?.Metadata;
        if (marks?.GetMetadata<Signed>() is { } signed) return VerifyAsync(context, service, signed);
        if (marks?.GetMetadata<SignedByThen>() is not null) return ClaimWithoutBodyAsync(context);
        return marks?.GetMetadata<SignedByContent>() is not null ? ClaimAsync(context, service) : next(context);
    }

    private async Task VerifyAsync(HttpContext context, KeyRecoveryService service, Signed mark)
    {
        var head = ReadHead(context);
        if (head.Refusal is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        // What is not known to be a read is a change: a new route is shut to a suspended account unless it says more.
        var isRead = HttpMethods.IsGet(context.Request.Method) || mark.MayBeBehind;
        var isChange = !isRead && !mark.MayBeSuspended;

        async ValueTask<GateResult> PassAsync(CancellationToken ct)
        {
            var passed = await service.Gate.PassAsync(
                head.Signature.KeyId, head.Verify, ct, mark.MayBeBehind, isChange);
            if (passed is GateResult.Open(var account))
                account.Network = ClientNetwork.Of(context.Connection.RemoteIpAddress);
            return passed;
        }

        var result = await PassAsync(context.RequestAborted);
        if (result is GateResult.Shut shut)
        {
            await Failures.Problem(shut.Failure).ExecuteAsync(context);
            return;
        }

        using var request = new SignedRequest(((GateResult.Open)result).Account, head.Hash, PassAsync);
        if (await RefusalAsync(context, service, request.Account, mark) is { } refused)
        {
            await refused.ExecuteAsync(context);
            return;
        }

        using var place = await places.TryEnterAsync(Owner.Of(request.Account.State.Account), context.RequestAborted);
        if ((place is null ? Places.Full() : await ReadBodyAsync(context, request, place)) is { } turnedAway)
        {
            await turnedAway.ExecuteAsync(context);
            return;
        }

        // Before anything is read: what slots do otherwise is a link, which tells of itself.
        if (isRead) await service.Tries.TellAsync(request.Account, context.RequestAborted);
        context.Features.Set(request);
        await next(context);
    }

    // What is asked of a signer whose signature holds: a stranger learns nothing from the answer.
    private async ValueTask<ProblemResult?> RefusalAsync(
        HttpContext context, KeyRecoveryService service, OpenAccount account, Signed mark)
    {
        if (!limit.TryTake(account.State.Account, out var retryAfter))
        {
            metrics.RateLimited("account");
            return new ProblemResult(ErrorCode.RateLimited) { RetryAfter = retryAfter };
        }

        if (service.Owners.IsTokenNeeded(account))
        {
            switch (await tokens.ReadAsync(context))
            {
                case TokenResult.Valid(var user)
                    when await service.Owners.IsOwnerAsync(account, user, context.RequestAborted):
                    break;
                case TokenResult.KeysUnavailable:
                    return Failures.KeysUnavailable();
                default:
                    return new ProblemResult(ErrorCode.TokenInvalid);
            }
        }

        return mark.IsForDevices && account.Actor.IsSlot
            ? new ProblemResult(ErrorCode.Forbidden) { Field = "keyid" } : null;
    }

    // A sender decides how long a body takes. Whoever was removed meanwhile, or whose account was erased, is met by the
    // gate again; a request that came whole, and found a place at once, does not pay for that.
    private static async ValueTask<ProblemResult?> ReadBodyAsync(
        HttpContext context, SignedRequest request, Places.Place place)
    {
        (request.Body, var hadToWait) = await BodyReader.ReadAsync(context, static _ => { }, CancellationToken.None);
        if (Hash256.Of(request.Body.Span) != request.Hash) return SignatureHeaders.Invalid(HeaderNames.ContentDigest);
        return (hadToWait || place.HadToWait) && await request.PassAgainAsync(context.RequestAborted) is { } shut
            ? Failures.Problem(shut.Failure)
            : null;
    }

    private async Task ClaimWithoutBodyAsync(HttpContext context)
    {
        var head = ReadHead(context);
        var refusal = head.Refusal
            ?? (head.Hash == Hash256.Of([]) ? null : SignatureHeaders.Invalid(HeaderNames.ContentDigest));
        if (refusal is not null)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        context.Features.Set(new ClaimedRequest(head.Signature.KeyId, head.Verify, default));
        await next(context);
    }

    // The signer's key is in the body. What costs nothing comes first, and a body is read only for an account that
    // there is.
    private async Task ClaimAsync(HttpContext context, KeyRecoveryService service)
    {
        var head = ReadHead(context);
        if (head.Refusal is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        if (!await service.Gate.IsKnownAsync(head.Signature.KeyId, context.RequestAborted))
        {
            await new ProblemResult(ErrorCode.SignatureInvalid).ExecuteAsync(context);
            return;
        }

        using var place = repairs.TryEnter(context.Connection.RemoteIpAddress, out var busy);
        if (busy is not null)
        {
            await busy.ExecuteAsync(context);
            return;
        }

        var (body, gone) = await repairs.ReadAsync(context);
        if (gone is not null)
        {
            await gone.ExecuteAsync(context);
            return;
        }

        if (Hash256.Of(body.Span) != head.Hash)
        {
            await SignatureHeaders.Invalid(HeaderNames.ContentDigest).ExecuteAsync(context);
            return;
        }

        context.Features.Set(new ClaimedRequest(head.Signature.KeyId, head.Verify, body));
        await next(context);
    }

    private Head ReadHead(HttpContext context)
    {
        var headers = SignatureHeaders.Read(context.Request);
        if (headers.Refusal is { } malformed) return new Head(malformed);
        var signature = headers.Signature!;
        if (Math.Abs(time.GetUtcNow().ToUnixTimeSeconds() - signature.Created) > ClockSkew.TotalSeconds)
            return new Head(new ProblemResult(ErrorCode.ClockSkew));
        if (context.Request.ContentLength > BodyReader.Limit(context))
            return new Head(new ProblemResult(ErrorCode.TooLarge));
        var signed = signature.SignatureBase(SignedTarget.Parts(context, authority.Value, headers.Digest!));
        return new Head(null, signature, signed, headers.Hash);
    }

    // What the headers say, and what must have been signed if it is true.
    private sealed class Head(
        ProblemResult? refusal, ParsedSignature? signature = null, byte[]? signed = null, Hash256 hash = default)
    {
        public ProblemResult? Refusal => refusal;

        public ParsedSignature Signature => signature!;

        public Hash256 Hash => hash;

        public bool Verify(VerifyKey key) => key.VerifyHttp(signed, signature!.Signature);
    }
}
