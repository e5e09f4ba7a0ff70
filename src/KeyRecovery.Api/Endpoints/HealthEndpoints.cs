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
            .WithDescription(
                "What is down is told part by part. The issuers of tokens are told too, without their names, and fail "
                + "nothing: recovery by code asks for none.")
            .Produces<ReadyResponse>()
            .WithProblems(ErrorCode.Unavailable);
    }

    private static Ok<HealthResponse> Live() => TypedResults.Ok(HealthResponse.Ok);

    private static async Task<IResult> ReadyAsync(IEnumerable<IReadiness> parts, CancellationToken cancellation)
    {
        var checks = new SortedDictionary<string, string>(StringComparer.Ordinal);
        string? missing = null;
        foreach (var part in parts)
        {
            var isReady = await part.IsReadyAsync(cancellation);
            checks[part.Name] = isReady ? ReadyResponse.Up : ReadyResponse.Down;
            if (!isReady && part.IsNeeded) missing ??= part.Name;
        }

        return missing is null ? TypedResults.Ok(new ReadyResponse(ReadyResponse.Up, checks))
            : new ProblemResult(ErrorCode.Unavailable)
            {
                Field = missing,
                Extensions = writer =>
                {
                    writer.WriteStartObject("checks");
                    foreach (var (name, state) in checks) writer.WriteString(name, state);
                    writer.WriteEndObject();
                },
            };
    }
}
