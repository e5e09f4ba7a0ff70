using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Endpoints;

/// <summary><c>POST /v1/recovery</c>: the vault for whoever holds a slot's keys.</summary>
internal static class RecoveryEndpoints
{
    public static void MapRecovery(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/recovery", RecoverAsync)
            .WithName("recover")
            .WithSummary("The vault, for a recovery slot")
            .WithDescription("An app may ask for its token as well (docs/protocol.md §9.2).")
            .WithTags("Recovery")
            .WithMetadata(new Signed(), new BodyLimit(0))
            .Produces<Binary>(StatusCodes.Status200OK, CborBody.Cbor)
            .WithSignedProblems();

    private static async Task<IResult> RecoverAsync(SignedRequest request, HttpContext context, KeyRecoveryService service)
    {
        if (!request.Account.Actor.IsSlot) return new ProblemResult(ErrorCode.Forbidden) { Field = "keyid" };
        using var span = ServerTrace.Start("recovery");
        return await Answers.VaultAsync(request, service.Vaults, null, context);
    }
}
