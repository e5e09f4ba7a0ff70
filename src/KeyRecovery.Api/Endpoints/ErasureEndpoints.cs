using System.ComponentModel;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Maintenance;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;
using Microsoft.AspNetCore.Mvc;

namespace KeyRecovery.Api.Endpoints;

/// <summary><c>/v1/erasure</c>: the account's own devices; <c>GET /audit/key</c>: what verifies receipts.</summary>
internal static class ErasureEndpoints
{
    private const string Round =
        "As the status told it: how many erasures of the account were called off before. A removed device, which "
        + "cannot ask, cancels without it.";

    public static void MapErasure(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/erasure", RequestAsync)
            .WithName("requestErasure").WithSummary("Ask that the account be erased").WithTags("Erasure")
            // A person's right to be forgotten is not the service's to suspend (docs/protocol.md §21.2).
            .WithMetadata(new Signed(MayBeSuspended: true), new BodyLimit(0))
            .Produces<ErasureResponse>(StatusCodes.Status202Accepted)
            .WithSignedProblems(ErrorCode.Malformed, ErrorCode.Conflict, ErrorCode.StorageFull).WithNumbers();
        routes.MapGet("/erasure", ReadAsync)
            .WithName("getErasure").WithSummary("Whether an erasure is held").WithTags("Erasure")
            .WithMetadata(new Signed(), new BodyLimit(0))
            .Produces<ErasureResponse>().WithSignedProblems();
        routes.MapDelete("/erasure", CancelAsync)
            .WithName("cancelErasure").WithSummary("Cancel a held erasure").WithTags("Erasure")
            .WithDescription(
                "Also for authorities that were active at the request, or in the 72 h before it, and are no more.")
            .WithMetadata(new SignedByThen(), new BodyLimit(0))
            .Produces(StatusCodes.Status204NoContent)
            .WithSignedProblems(ErrorCode.Malformed, ErrorCode.Conflict, ErrorCode.StorageFull).WithNumbers();
    }

    public static void MapAudit(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/audit/key",
            (KeyRecoveryService service) => TypedResults.Ok(
                new AuditKeyResponse(
                    service.Erasures.AuditKey.ToString(), service.Log!.Key!.ToString(),
                    service.Log.KeyBefore?.ToString())))
            .WithName("getAuditKey").WithSummary("The keys that verify receipts and the log").WithTags("Audit")
            .Produces<AuditKeyResponse>();

    private static async Task<IResult> RequestAsync(
        SignedRequest request, [FromQuery, Description(Round)] string? round, HttpContext context,
        KeyRecoveryService service, ErasureWork work)
    {
        if (!QueryNumbers.TryRead(round, out var number) || number is not { } asked) return NoRound();
        try
        {
            var outcome = await service.Erasures.RequestAsync(request.Account, asked, context.RequestAborted);
            return Answers.Of(outcome,
                status => TypedResults.Json(ErasureResponse.Of(status), ApiJson.Default.ErasureResponse,
                    statusCode: StatusCodes.Status202Accepted));
        }
        finally
        {
            // Also where a store failed, or the asker hung up, between the key's end and the receipt.
            work.Wake();
        }
    }

    private static async Task<IResult> ReadAsync(
        SignedRequest request, HttpContext context, KeyRecoveryService service) =>
        Answers.Json(
            ErasureResponse.Of(await service.Erasures.StatusAsync(request.Account, context.RequestAborted)),
            ApiJson.Default.ErasureResponse);

    private static async Task<IResult> CancelAsync(
        ClaimedRequest request, [FromQuery, Description(Round)] string? round, HttpContext context,
        KeyRecoveryService service) =>
        QueryNumbers.TryRead(round, out var number)
            ? Answers.Of(
                await service.Erasures.CancelAsync(
                    request.Signer, number, request.Verify, ClientNetwork.Of(context.Connection.RemoteIpAddress),
                    ct => service.Gate.PassAsync(request.Signer, request.Verify, ct), context.RequestAborted),
                _ => TypedResults.NoContent())
            : NoRound();

    private static ProblemResult NoRound() => new(ErrorCode.Malformed) { Field = "round" };
}
