using System.ComponentModel;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.UseCases;
using Microsoft.AspNetCore.Mvc;

namespace KeyRecovery.Api.Endpoints;

/// <summary><c>GET /v1/activity</c>: what was done to an account, as the log proves it.</summary>
internal static class ActivityEndpoints
{
    private const ulong ByDefault = 50;

    public static void MapActivity(this IEndpointRouteBuilder routes) => routes.MapGet("/activity", ReadAsync)
        .WithName("getActivity")
        .WithSummary("What was done to the account, with proofs from the log")
        .WithTags("Activity")
        .WithMetadata(new Signed(), new BodyLimit(0))
        .Produces<ActivityResponse>()
        .WithSignedProblems(ErrorCode.Malformed)
        .WithNumbers();

    private static async Task<IResult> ReadAsync(
        SignedRequest request,
        [FromQuery, Description("Leave out entries from this number on. Default: none.")] string? before,
        [FromQuery, Description("1 to 128. Default: 50.")] string? limit,
        [FromQuery, Description("The size of the log's tree that the asker knows. Default: 0, which is none.")]
        string? size,
        HttpContext context,
        KeyRecoveryService service)
    {
        if (!QueryNumbers.TryRead(before, out var end)) return Malformed(nameof(before));
        if (!QueryNumbers.TryRead(limit, out var asked, least: 1, ActivityReader.Most)) return Malformed(nameof(limit));
        if (!QueryNumbers.TryRead(size, out var known)) return Malformed(nameof(size));
        var view = await service.Activity.ReadAsync(
            request.Account, end, (int)(asked ?? ByDefault), known ?? 0, context.RequestAborted);
        return Answers.Json(
            ActivityResponse.Of(view, service.Clock.Now.Wall), ApiJson.Default.ActivityResponse);
    }

    private static ProblemResult Malformed(string parameter) => new(ErrorCode.Malformed) { Field = parameter };
}
