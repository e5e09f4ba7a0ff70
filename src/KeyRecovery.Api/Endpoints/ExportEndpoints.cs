using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Export;

namespace KeyRecovery.Api.Endpoints;

/// <summary>
/// <c>GET /v1/export</c> and <c>/v1/admin/accounts/{id}/export</c>: all that the service holds on an account.
/// </summary>
internal static class ExportEndpoints
{
    public static void MapExport(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/export", ForDeviceAsync)
            .WithName("export").WithSummary("All that the service holds on the account").WithTags("Export")
            .WithDescription(
                "For devices; no slot. A few a day an account. Written as it is read: a document without complete is "
                + "not whole.")
            .WithMetadata(new Signed(IsForDevices: true), new BodyLimit(0))
            .Produces<ExportResponse>()
            .WithSignedProblems(ErrorCode.StorageFull);
        routes.MapGet("/admin/accounts/{id}/export", ForOperatorAsync)
            .WithName("exportAccount").WithSummary("All that the service holds on an account of the operator's app")
            .WithTags("Admin")
            .WithDescription(
                "With an operator's token of the scope keyrecovery.export. The account's devices see in its activity "
                + "that it was told.")
            .WithMetadata(new NeedsToken(), new BodyLimit(0))
            .Produces<ExportResponse>()
            .WithProblems(ErrorCode.Unauthenticated, ErrorCode.Forbidden, ErrorCode.NotFound, ErrorCode.RateLimited,
                ErrorCode.Unavailable, ErrorCode.StorageFull);
    }

    private static async Task<IResult> ForDeviceAsync(
        SignedRequest request, HttpContext context, KeyRecoveryService service, ExportLimit limit)
    {
        if (!limit.TryTake(request.Account.State.Account, byOperator: false, out var retryAfter))
            return new ProblemResult(ErrorCode.RateLimited) { RetryAfter = retryAfter };
        var begun = await service.Exports.ForDeviceAsync(request.Account, context.RequestAborted);
        if (begun is Outcome<IAsyncEnumerable<ExportPart>>.Failed(var failure)) return Failures.Problem(failure);
        var parts = ((Outcome<IAsyncEnumerable<ExportPart>>.Done)begun).Value;
        using var writer = new ExportWriter(context, service.Clock.Now.Wall, "device");
        await writer.WriteAsync(parts);
        return TypedResults.Empty;
    }

    private static async Task<IResult> ForOperatorAsync(
        string id, HttpContext context, OperatorTokens tokens, KeyRecoveryService service, ExportLimit limit)
    {
        var (app, refusal) = await tokens.ReadAsync(context, OperatorScope.Export);
        if (app is null) return refusal!;
        if (!AccountId.TryParse(id, out var account)) return new ProblemResult(ErrorCode.NotFound);
        // Nobody's exports are used up by an operator of another app.
        if (!await service.Exports.IsOfAsync(account, app.Id, context.RequestAborted))
            return new ProblemResult(ErrorCode.NotFound);
        if (!limit.TryTake(account, byOperator: true, out var retryAfter))
            return new ProblemResult(ErrorCode.RateLimited) { RetryAfter = retryAfter };
        using var writer = new ExportWriter(context, service.Clock.Now.Wall, "operator");
        var failure = await service.Exports.ForOperatorAsync(
            account, app.Id, ClientNetwork.Of(context.Connection.RemoteIpAddress), writer.WriteAsync,
            context.RequestAborted);
        return failure is null ? TypedResults.Empty : Failures.Problem(failure);
    }
}
