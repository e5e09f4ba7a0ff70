using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service;

namespace KeyRecovery.Api.Endpoints;

/// <summary><c>POST /v1/repair</c>: what the server lost, from a client that has it.</summary>
internal static class RepairEndpoints
{
    public static void MapRepair(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/repair", RepairAsync)
            .WithName("repair")
            .WithSummary("Give the server back what it lost")
            .WithDescription(
                "The body is a repair, or the way back (docs/protocol.md §7); its signer, a device or a slot, stands "
                + "in the chain that it carries.")
            .WithTags("Repair")
            .WithMetadata(new SignedByContent(), new BodyLimit(Limits.RepairBytes))
            .Accepts<Binary>(CborBody.Cbor)
            .Produces<RepairResponse>()
            .WithChangeProblems();

    private static async Task<IResult> RepairAsync(
        ClaimedRequest request, HttpContext context, AppTokens tokens, KeyRecoveryService service)
    {
        if (CborBody.RequireType(context.Request, CborBody.Cbor) is { } wrongType) return wrongType;
        // An app may ask for its token beside a slot's signature, here as everywhere.
        var token = request.Signer.Account is null ? await tokens.ReadAsync(context) : TokenResult.Missing.Instance;
        if (token is TokenResult.KeysUnavailable) return Failures.KeysUnavailable();
        using var span = ServerTrace.Start("repair");
        var outcome = await service.Repairs.RepairAsync(
            request.Signer, request.Verify, (token as TokenResult.Valid)?.User, request.Body, context.RequestAborted,
            ClientNetwork.Of(context.Connection.RemoteIpAddress));
        span.Outcome(Answers.Name(outcome));
        return Answers.Of(outcome, result => TypedResults.Ok(RepairResponse.Of(result)));
    }
}
