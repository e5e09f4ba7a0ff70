using System.ComponentModel;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Endpoints;

/// <summary><c>/v1/restore-points</c>: the states that an account can go back to.</summary>
internal static class RestorePointEndpoints
{
    public static void MapRestorePoints(this IEndpointRouteBuilder routes)
    {
        var points = routes.MapGroup("/restore-points").WithTags("Restore points");
        points.MapGet("", ListAsync)
            .WithName("getRestorePoints")
            .WithSummary("The states that the account can go back to")
            .WithMetadata(new Signed(), new BodyLimit(0))
            .Produces<RestorePointsResponse>()
            .WithSignedProblems();
        points.MapGet("/{manifestHash}", GetAsync)
            .WithName("getRestorePoint")
            .WithSummary("One of them, with the asker's own seal")
            .WithMetadata(new Signed(), new BodyLimit(0))
            .Produces<Binary>(StatusCodes.Status200OK, CborBody.Cbor)
            .WithSignedProblems(ErrorCode.Malformed, ErrorCode.NotFound);
    }

    private static async Task<IResult> ListAsync(
        SignedRequest request, HttpContext context, KeyRecoveryService service) =>
        Answers.Json(
            RestorePointsResponse.Of(
                await service.RestorePoints.ListAsync(request.Account, context.RequestAborted)),
            ApiJson.Default.RestorePointsResponse);

    private static async Task<IResult> GetAsync(
        SignedRequest request,
        [Description("The hash of the point's manifest, base64url, 43 characters.")] string manifestHash,
        HttpContext context,
        KeyRecoveryService service)
    {
        if (!Hash256.TryParse(manifestHash, out var named))
            return new ProblemResult(ErrorCode.Malformed) { Field = "manifestHash" };
        return await service.RestorePoints.FindAsync(request.Account, named, context.RequestAborted) is { } point
            ? new BytesResult(point, CborBody.Cbor)
            : new ProblemResult(ErrorCode.NotFound);
    }
}
