using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Service;
using KeyRecovery.Service.Accounts;
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
            .WithDescription($"Signed in the body by an active authority, once for each slot id. {Same}")
            .TakesCbor(RealmLimits.BundleBytes, ErrorCode.SlotExists, ErrorCode.Erased, ErrorCode.LimitReached,
                ErrorCode.StorageFull, ErrorCode.SignatureInvalid, ErrorCode.Refused, ErrorCode.Conflict,
                ErrorCode.Suspended)
            .WithMetadata(new NeedsToken());
        realm.MapPost("/follow", FollowAsync)
            .WithName("followRealmHead")
            .WithSummary("Tell the account's newest head, with the links up to it")
            .WithDescription($"The head speaks for itself: nobody signs the request. {Same}")
            .TakesCbor(RealmLimits.BundleBytes, ErrorCode.NotFound, ErrorCode.Refused, ErrorCode.Conflict,
                ErrorCode.Erased, ErrorCode.StorageFull);
        realm.MapPost("/command", CommandAsync)
            .WithName("commandRealmSlot")
            .WithSummary("Pause, resume, give to another user, object to an erasure, or read the status")
            .WithDescription(
                "Signed in the body by an authority that is active. To give a slot to another user, that user's token "
                + "comes along.")
            .TakesCbor(RealmLimits.BundleBytes, ErrorCode.NotFound, ErrorCode.SignatureInvalid, ErrorCode.Forbidden,
                ErrorCode.Refused, ErrorCode.Conflict, ErrorCode.SlotLocked, ErrorCode.LimitReached,
                ErrorCode.Erased, ErrorCode.StorageFull);
        realm.MapPost("/receipt", ReceiptAsync)
            .WithName("bringRealmReceipt")
            .WithSummary("Bring the home's receipt of an account's erasure")
            .WithDescription(
                $"The receipt speaks for itself: nobody signs the request. The account's slots are paused, and "
                + $"destroyed after 72 hours. {Same}")
            .TakesCbor(ErrorCode.NotFound, ErrorCode.Refused, ErrorCode.StorageFull);
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
    }

    private static RouteHandlerBuilder TakesCbor(
        this RouteHandlerBuilder route, params ReadOnlySpan<ErrorCode> codes) =>
        route.TakesCbor(RealmLimits.RequestBytes, codes);

    private static RouteHandlerBuilder TakesCbor(
        this RouteHandlerBuilder route, int mostBytes, params ReadOnlySpan<ErrorCode> codes) => route
        .WithMetadata(new BodyLimit(mostBytes))
        .Accepts<Binary>(CborBody.Cbor)
        .Produces<Binary>(StatusCodes.Status200OK, CborBody.Cbor)
        .WithProblems(
        [
            ErrorCode.Malformed, ErrorCode.Unauthenticated, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType,
            ErrorCode.RateLimited,
            ErrorCode.Unavailable, .. codes,
        ]);

    private static async Task<IResult> RegisterAsync(
        HttpContext context, AppTokens tokens, RealmBodies bodies, KeyRecoveryService service)
    {
        var (user, stranger) = await tokens.ReadUserAsync(context);
        if (user is null) return stranger!;
        var (body, crowded) = await bodies.ReadAsync(context);
        if (crowded is not null) return crowded;
        var (register, refusal) = CborBody.Decode(context.Request, body, RealmRegister.Decode, "registration");
        return register is null ? refusal! : Answer(
            await service.Realm.RegisterAsync(user, register, Hash256.Of(body.Span), context.RequestAborted));
    }

    private static async Task<IResult> FollowAsync(
        HttpContext context, RealmBodies bodies, KeyRecoveryService service)
    {
        var (body, crowded) = await bodies.ReadAsync(context);
        if (crowded is not null) return crowded;
        var (follow, refusal) = CborBody.Decode(context.Request, body, RealmFollow.Decode, "follow");
        return follow is null ? refusal! : Answer(
            await service.Realm.FollowAsync(follow, Hash256.Of(body.Span), context.RequestAborted));
    }

    private static async Task<IResult> CommandAsync(
        HttpContext context, AppTokens tokens, RealmBodies bodies, KeyRecoveryService service)
    {
        var (body, crowded) = await bodies.ReadAsync(context);
        if (crowded is not null) return crowded;
        var (command, refusal) = CborBody.Decode(context.Request, body, RealmCommand.Decode, "command");
        if (command is null) return refusal!;
        AppUser? user = null;
        if (command.Action == RealmAction.Subject)
        {
            (user, var stranger) = await tokens.ReadUserAsync(context);
            if (user is null) return stranger!;
        }
        return Answer(
            await service.Realm.CommandAsync(command, user, Hash256.Of(body.Span), context.RequestAborted));
    }

    private static async Task<IResult> ReceiptAsync(HttpContext context, KeyRecoveryService service)
    {
        var body = await BodyReader.ReadAsync(context);
        var (receipt, refusal) = CborBody.Decode(context.Request, body, RealmReceipt.Decode, "receipt");
        return receipt is null ? refusal! : Answer(
            await service.Realm.ReceiptAsync(receipt, Hash256.Of(body.Span), context.RequestAborted));
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

    private static IResult Answer(Outcome<byte[]> outcome) =>
        Answers.Of(outcome, status => TypedResults.Bytes(status, CborBody.Cbor));
}
