using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Endpoints;

/// <summary><c>/v1/realm</c>: this server as a realm, for accounts of its own and of other servers.</summary>
internal static class RealmEndpoints
{
    private const string Same = "The same again gets the same answer.";

    public static void MapRealm(this IEndpointRouteBuilder routes)
    {
        var realm = routes.MapGroup("/realm").WithTags("Realm");
        realm.MapGet("", (KeyRecoveryService service) => TypedResults.Ok(RealmResponse.Of(service.Realm.Identity)))
            .WithName("getRealm")
            .WithSummary("The keys by which apps pin this realm")
            .WithMetadata(new BodyLimit(0))
            .Produces<RealmResponse>()
            .WithProblems(ErrorCode.RateLimited);
        realm.MapPost("/register", RegisterAsync)
            .WithName("registerRealmSlot")
            .WithSummary("Keep a share of a passphrase slot's key")
            .WithDescription($"Once for each slot id. {Same}")
            .TakesCbor(ErrorCode.SlotExists, ErrorCode.Erased, ErrorCode.LimitReached, ErrorCode.StorageFull)
            .WithMetadata(new NeedsToken());
        realm.MapPost("/evaluate", EvaluateAsync)
            .WithName("evaluateRealmSlot")
            .WithSummary("Guess a passphrase")
            .WithDescription("Counted before it is evaluated. The same attempt again is not counted again.")
            .TakesCbor(ErrorCode.NotFound, ErrorCode.GuessWait, ErrorCode.SlotPaused, ErrorCode.SlotLocked,
                ErrorCode.Refused, ErrorCode.StorageFull)
            .WithMetadata(new NeedsToken());
        realm.MapPost("/reset", ResetAsync)
            .WithName("resetRealmSlot")
            .WithSummary("Give all guesses back, as the slot")
            .WithDescription($"Signed in the body by the slot's key. {Same}")
            .TakesCbor(ErrorCode.SignatureInvalid, ErrorCode.SlotLocked, ErrorCode.Refused);
        realm.MapPost("/manage", ManageAsync)
            .WithName("manageRealmSlot")
            .WithSummary("Pause, resume, delete, tell the head, replace the key, or read the status, as a device")
            .WithDescription($"Signed in the body by the management key. {Same}")
            .TakesCbor(ErrorCode.SignatureInvalid, ErrorCode.Conflict, ErrorCode.SlotLocked, ErrorCode.Refused);
    }

    private static RouteHandlerBuilder TakesCbor(
        this RouteHandlerBuilder route, params ReadOnlySpan<ErrorCode> codes) => route
        .WithMetadata(new BodyLimit(RealmLimits.RequestBytes))
        .Accepts<Binary>(CborBody.Cbor)
        .Produces<Binary>(StatusCodes.Status200OK, CborBody.Cbor)
        .WithProblems(
        [
            ErrorCode.Malformed, ErrorCode.Unauthenticated, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType,
            ErrorCode.RateLimited,
            ErrorCode.Unavailable, .. codes,
        ]);

    private static async Task<IResult> RegisterAsync(HttpContext context, AppTokens tokens, KeyRecoveryService service)
    {
        var (user, stranger) = await tokens.ReadUserAsync(context);
        if (user is null) return stranger!;
        var body = await BodyReader.ReadAsync(context);
        var (decoded, refusal) = CborBody.Decode(context.Request, body, service.Realm.OpenRegistration, "registration");
        if (decoded is null) return refusal!;
        using var registration = decoded;
        return Answer(
            await service.Realm.RegisterAsync(user, registration, Hash256.Of(body.Span), context.RequestAborted));
    }

    private static async Task<IResult> EvaluateAsync(
        HttpContext context, AppTokens tokens, KeyRecoveryService service, RealmLog log)
    {
        var (user, stranger) = await tokens.ReadUserAsync(context);
        if (user is null) return stranger!;
        var body = await BodyReader.ReadAsync(context);
        var (guess, refusal) = CborBody.Decode(context.Request, body, RealmEvaluate.Decode, "evaluate");
        if (guess is null) return refusal!;
        var outcome = await service.Realm.EvaluateAsync(user, guess, Hash256.Of(body.Span), context.RequestAborted);
        if (outcome is Outcome<byte[]>.Failed { Failure.ShareDestroyed: true }) log.ShareDestroyed();
        return Answer(outcome);
    }

    private static async Task<IResult> ResetAsync(HttpContext context, KeyRecoveryService service)
    {
        var body = await BodyReader.ReadAsync(context);
        var (reset, refusal) = CborBody.Decode(context.Request, body, RealmReset.Decode, "reset");
        if (reset is null) return refusal!;
        return Answer(await service.Realm.ResetAsync(reset, Hash256.Of(body.Span), context.RequestAborted));
    }

    private static async Task<IResult> ManageAsync(HttpContext context, KeyRecoveryService service)
    {
        var body = await BodyReader.ReadAsync(context);
        var (manage, refusal) = CborBody.Decode(context.Request, body, RealmManage.Decode, "manage");
        if (manage is null) return refusal!;
        return Answer(await service.Realm.ManageAsync(manage, Hash256.Of(body.Span), context.RequestAborted));
    }

    private static IResult Answer(Outcome<byte[]> outcome) =>
        Answers.Of(outcome, status => TypedResults.Bytes(status, CborBody.Cbor));
}
