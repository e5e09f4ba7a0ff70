using System.ComponentModel;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Maintenance;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;
using Microsoft.AspNetCore.Mvc;

namespace KeyRecovery.Api.Endpoints;

/// <summary><c>/v1/admin/erasures</c>: operators erase in bulk.</summary>
internal static class AdminEndpoints
{
    private const int MostOutcomes = 200;
    private const int JobIdSize = 16;
    private const int MostLeaves = 200;
    private const int LeavesBytes = 16 * 1024;

    public static void MapAdmin(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/admin/erasures", FileAsync)
            .WithName("fileErasures").WithSummary("Erase the accounts of many users").WithTags("Admin")
            .WithDescription(
                "A line {\"subject\": \"…\"} for each user, with an operator's token of the scope keyrecovery.erase. "
                + "The same lines again are the same job: it erases no account that was made after it.")
            .WithMetadata(new NeedsToken(), new BodyLimit(SubjectLines.MostBytes))
            .Accepts<Binary>(SubjectLines.MediaType)
            .Produces<ErasureJobAccepted>(StatusCodes.Status202Accepted)
            .WithProblems(ErrorCode.Malformed, ErrorCode.Unauthenticated, ErrorCode.Forbidden, ErrorCode.TooLarge,
                ErrorCode.UnsupportedMediaType,
                ErrorCode.RateLimited, ErrorCode.Unavailable, ErrorCode.StorageFull);
        routes.MapPost("/admin/erasures/leaves", ReadLeavesAsync)
            .WithName("getErasureRecords").WithSummary("What leaves of the log about erasures are about")
            .WithTags("Admin")
            .WithDescription(
                "For the auditor's report, with an operator's token of the scope keyrecovery.erase: the leaves are "
                + "found in the public log, and those of other apps are left out.")
            .WithMetadata(new NeedsToken(), new BodyLimit(LeavesBytes))
            .Accepts<ErasureRecordsRequest>("application/json")
            .Produces<ErasureRecordsResponse>()
            .WithProblems(ErrorCode.Malformed, ErrorCode.Unauthenticated, ErrorCode.Forbidden, ErrorCode.TooLarge,
                ErrorCode.UnsupportedMediaType, ErrorCode.RateLimited, ErrorCode.Unavailable);
        routes.MapGet("/admin/erasures/{job}", ReadAsync)
            .WithName("getErasures").WithSummary("How a job stands").WithTags("Admin")
            .WithDescription("With an operator's token of the scope keyrecovery.erase.")
            .WithMetadata(new NeedsToken(), new BodyLimit(0))
            .Produces<ErasureJobResponse>()
            .WithProblems(ErrorCode.Malformed, ErrorCode.Unauthenticated, ErrorCode.Forbidden, ErrorCode.NotFound,
                ErrorCode.RateLimited, ErrorCode.Unavailable);
    }

    private static async Task<IResult> FileAsync(
        [FromQuery, Description("The id of the job before: makes another one, for whoever has come back since.")]
        string? again, HttpContext context, OperatorTokens tokens, KeyRecoveryService service, ErasureWork work)
    {
        var (app, refusal) = await tokens.ReadAsync(context, OperatorScope.Erase);
        if (app is null) return refusal!;
        if (!TryRead(again, out var after)) return new ProblemResult(ErrorCode.Malformed) { Field = "again" };
        if (CborBody.RequireType(context.Request, SubjectLines.MediaType) is { } wrongType) return wrongType;
        using var lines = new SubjectLines(context, app, tokens);
        try
        {
            var filed = await service.Erasures.Jobs.FileAsync(
                lines.ReadAsync(context.RequestAborted), app.Id, after, () => lines.Hash, context.RequestAborted);
            work.Wake();
            return Answers.Of(filed, job => TypedResults.Json(
                new ErasureJobAccepted(Base64UrlText.Encode(job.Job.Span), job.Lines),
                ApiJson.Default.ErasureJobAccepted, statusCode: StatusCodes.Status202Accepted));
        }
        catch (SubjectLineException refused)
        {
            return refused.Problem;
        }
    }

    private static async Task<IResult> ReadAsync(
        string job, [FromQuery, Description("Leave out the lines up to this number.")] string? after,
        [FromQuery, Description("1 to 200. Default: 200.")] string? limit,
        HttpContext context, OperatorTokens tokens, KeyRecoveryService service)
    {
        var (app, refusal) = await tokens.ReadAsync(context, OperatorScope.Erase);
        if (app is null) return refusal!;
        if (!QueryNumbers.TryRead(after, out var first, most: int.MaxValue))
            return new ProblemResult(ErrorCode.Malformed) { Field = "after" };
        if (!QueryNumbers.TryRead(limit, out var most, least: 1, MostOutcomes))
            return new ProblemResult(ErrorCode.Malformed) { Field = "limit" };
        return TryRead(job, out var id)
            && await service.Erasures.Jobs.ReadAsync(
                id, app.Id, (int)(first ?? 0), (int)(most ?? MostOutcomes), context.RequestAborted) is { } report
                ? TypedResults.Ok(ErasureJobResponse.Of(job, report))
                : new ProblemResult(ErrorCode.NotFound);
    }

    private static async Task<IResult> ReadLeavesAsync(
        HttpContext context, OperatorTokens tokens, KeyRecoveryService service)
    {
        var (app, refusal) = await tokens.ReadAsync(context, OperatorScope.Erase);
        if (app is null) return refusal!;
        var asked = (await JsonBody<ErasureRecordsRequest>.BindAsync(context))!.Value.Leaves;
        if (await tokens.RefuseBehindBodyAsync(context, OperatorScope.Erase) is { } gone) return gone;
        var leaves = new List<Hash256>(asked.Count);
        foreach (var text in asked.Take(MostLeaves + 1))
            if (Hash256.TryParse(text, out var leaf)) leaves.Add(leaf);
        if (leaves.Count != asked.Count || leaves.Count > MostLeaves)
            return new ProblemResult(ErrorCode.Malformed) { Field = "leaves" };
        var records = await service.Erasures.ReadRecordsAsync(app.Id, leaves, context.RequestAborted);
        return TypedResults.Ok(new ErasureRecordsResponse
        {
            Records = [.. records.Select(r => ErasureRecordResponse.Of(r.Leaf, r.Record))],
        });
    }

    // Of no text nothing, which is the id of no job.
    private static bool TryRead(string? job, out ReadOnlyMemory<byte> id)
    {
        var isJob = Base64UrlText.TryDecode(job, JobIdSize, out var bytes);
        id = isJob ? bytes : default;
        return isJob || job is null;
    }
}
