using System.ComponentModel;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Service.Linking;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Feed;
using Microsoft.AspNetCore.Mvc;

namespace KeyRecovery.Api.Endpoints;

/// <summary>
/// <c>/v1/events</c> and <c>/v1/admin/statistics</c>: what an app's back end is told, and what is counted of it.
/// </summary>
internal static class EventEndpoints
{
    // A point read each time, as long as somebody waits.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    public static void MapEvents(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/events", ReadAsync)
            .WithName("getEvents").WithSummary("What was done to the app's accounts").WithTags("Admin")
            .WithDescription(
                "With an operator's token of the scope keyrecovery.events. Each event is there once, and is told as "
                + "often as its cursor is asked for; kept for 30 days.")
            .WithMetadata(new NeedsToken(), new BodyLimit(0))
            .Produces<EventsResponse>()
            .WithProblems(ErrorCode.Malformed, ErrorCode.Unauthenticated, ErrorCode.Forbidden, ErrorCode.RateLimited,
                ErrorCode.Unavailable);
        routes.MapGet("/admin/statistics", CountAsync)
            .WithName("getStatistics").WithSummary("How much was done in an app").WithTags("Admin")
            .WithDescription("With an operator's token of the scope keyrecovery.statistics.")
            .WithMetadata(new NeedsToken(), new BodyLimit(0))
            .Produces<StatisticsResponse>()
            .WithProblems(ErrorCode.Unauthenticated, ErrorCode.Forbidden, ErrorCode.RateLimited, ErrorCode.Unavailable);
    }

    private static async Task<IResult> ReadAsync(
        [FromQuery, Description("The cursor of the page before; from the oldest where there is none.")] string? after,
        [FromQuery, Description("At most 100.")] string? limit,
        [FromQuery, Description("How long to wait for the first one, in milliseconds: 0, the default, to 25000.")]
        string? waitMs,
        HttpContext context, OperatorTokens tokens, KeyRecoveryService service, TimeProvider time,
        IHostApplicationLifetime lifetime)
    {
        var (app, refusal) = await tokens.ReadAsync(context, OperatorScope.Events);
        if (app is null) return refusal!;
        var cursor = FeedCursor.None;
        if (after is not null && !FeedCursor.TryRead(after, out cursor)) return Malformed("after");
        if (!QueryNumbers.TryRead(limit, out var asked, least: 1, FeedReader.MostEvents)) return Malformed("limit");
        if (!QueryNumbers.TryRead(waitMs, out var wait, most: (ulong)LinkRelayLimits.MaxWait.TotalMilliseconds))
            return Malformed("waitMs");
        var until = time.GetTimestamp() + (long)((wait ?? 0) * (double)time.TimestampFrequency / 1000);
        while (time.GetTimestamp() < until && !lifetime.ApplicationStopping.IsCancellationRequested
            && !await service.Feed.HasMoreAsync(app.Id, cursor, context.RequestAborted))
            await Task.Delay(Look, time, context.RequestAborted);
        var page = await service.Feed.ReadAsync(
            app.Id, cursor, (int)(asked ?? FeedReader.MostEvents), context.RequestAborted);
        return TypedResults.Ok(EventsResponse.Of(app.Id, page));
    }

    private static async Task<IResult> CountAsync(
        HttpContext context, OperatorTokens tokens, KeyRecoveryService service)
    {
        var (app, refusal) = await tokens.ReadAsync(context, OperatorScope.Statistics);
        if (app is null) return refusal!;
        return TypedResults.Ok(StatisticsResponse.Of(
            await service.Statistics.ReadAsync(app.Id, context.RequestAborted)));
    }

    private static ProblemResult Malformed(string field) => new(ErrorCode.Malformed) { Field = field };
}
