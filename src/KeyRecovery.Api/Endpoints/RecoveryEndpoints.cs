using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Endpoints;

/// <summary>
/// <c>POST /v1/recovery</c>: the vault for whoever holds a slot's keys; <c>GET /v1/recovery/slots</c>: what a
/// passphrase needs before it becomes such keys.
/// </summary>
internal static class RecoveryEndpoints
{
    private const int RequestBytes = 256;

    public static void MapRecovery(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/recovery", RecoverAsync)
            .WithName("recover")
            .WithSummary("The vault, for a recovery slot")
            .WithDescription("An app may ask for its token as well (docs/protocol.md §9.2). The body may be empty.")
            .WithTags("Recovery")
            .WithMetadata(new Signed(MayBeBehind: true), new BodyLimit(RequestBytes))
            .Accepts<RecoverRequest>(isOptional: true, "application/json")
            .Produces<Binary>(StatusCodes.Status200OK, CborBody.Cbor)
            .WithSignedProblems(ErrorCode.Malformed, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType);
        routes.MapGet("/recovery/slots", ReadSlotsAsync)
            .WithName("getRecoverySlots")
            .WithSummary("The passphrase slots of the token's account")
            .WithTags("Recovery")
            .WithMetadata(new BodyLimit(0), new NeedsToken())
            .Produces<RecoverySlotsResponse>()
            .WithProblems(
                ErrorCode.Unauthenticated, ErrorCode.NotFound, ErrorCode.VaultLost, ErrorCode.RateLimited,
                ErrorCode.Unavailable);
    }

    private static async Task<IResult> RecoverAsync(
        SignedRequest request, HttpContext context, KeyRecoveryService service)
    {
        if (!request.Account.Actor.IsSlot) return new ProblemResult(ErrorCode.Forbidden) { Field = "keyid" };
        var sent = request.Body.IsEmpty ? null : await JsonBody<RecoverRequest>.BindAsync(context);
        var version = sent?.Value.ManifestAfter;
        if (version > CborOut.MaxInteger) return new ProblemResult(ErrorCode.Malformed) { Field = "manifestAfter" };
        using var span = ServerTrace.Start("recovery");
        return await Answers.VaultAsync(request, service.Vaults, null, version, context);
    }

    private static async Task<IResult> ReadSlotsAsync(HttpContext context, AppTokens tokens, KeyRecoveryService service)
    {
        var (user, stranger) = await tokens.ReadUserAsync(context);
        if (user is null) return stranger!;
        return Answers.Of(
            await service.RecoverySlots.ReadAsync(user, context.RequestAborted),
            found => TypedResults.Ok(RecoverySlotsResponse.Of(found)));
    }
}
