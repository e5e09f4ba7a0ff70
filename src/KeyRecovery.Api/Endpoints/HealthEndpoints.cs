using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Service.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KeyRecovery.Api.Endpoints;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: it can serve, and goes on doing so.
/// </summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", Live)
            .WithName("getLive")
            .WithSummary("Whether the process answers")
            .WithTags("Health")
            .WithMetadata(new Unlimited());
        routes.MapGet("/health/ready", ReadyAsync)
            .WithName("getReady")
            .WithSummary("Whether the server can serve: 503 from the moment it is told to stop")
            .WithTags("Health")
            .WithMetadata(new Unlimited())
            .Produces<HealthResponse>()
            .WithProblems(ErrorCode.Unavailable);
    }

    private static Ok<HealthResponse> Live() => TypedResults.Ok(HealthResponse.Ok);

    private static async Task<IResult> ReadyAsync(IEnumerable<IReadiness> parts, CancellationToken cancellation)
    {
        foreach (var part in parts)
        {
            if (!await part.IsReadyAsync(cancellation))
                return new ProblemResult(ErrorCode.Unavailable) { Field = part.Name };
        }

        return TypedResults.Ok(HealthResponse.Ok);
    }
}
