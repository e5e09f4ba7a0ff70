using KeyRecovery.Service.Rows;
using System.Text.Json;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace KeyRecovery.Api.Http;

/// <summary>
/// The outermost step: whatever happens within, the caller gets an answer of ours, the log one line and the metrics one
/// count. No exception's text leaves through any of them.
/// </summary>
internal sealed class RequestBoundary(
    RequestDelegate next, ILogger<RequestBoundary> logger, ServerMetrics metrics, TimeProvider time,
    IServiceProvider services)
{
    private const int ClientClosedRequest = 499;

    private readonly RootServices _services = new(services);

    public async Task InvokeAsync(HttpContext context)
    {
        var started = time.GetTimestamp();
        context.Features.Set<IServiceProvidersFeature>(_services);
        ResponseHeaders.Apply(context);
        try
        {
            if (await ServeAsync(context) is { } problem) await AnswerAsync(context, problem);
        }
        // Also while it is told what went wrong.
        catch (Exception failure) when (HasHungUp(context, failure))
        {
            if (!context.Response.HasStarted) context.Response.StatusCode = ClientClosedRequest;
            // Or the rest of its body is looked for, and an error told that there is none.
            context.Abort();
        }

        Record(context, time.GetElapsedTime(started));
    }

    // What is left to be answered, or null.
    private async Task<ProblemResult?> ServeAsync(HttpContext context)
    {
        try
        {
            if (!RequestMediaType.IsReadable(context.Request)) return new ProblemResult(ErrorCode.UnsupportedMediaType);
            if (RepeatedName(context.Request) is { } repeated)
                return new ProblemResult(ErrorCode.Malformed) { Field = JsonPath.Field($"$.{repeated}") };
            await next(context);
            return context.Response is { StatusCode: >= 400, HasStarted: false, ContentLength: null, ContentType: null }
                ? new ProblemResult(Problems.OfStatus(context.Response.StatusCode))
                : null;
        }
        catch (BadHttpRequestException refused)
        {
            return FromFramework(refused);
        }
        catch (WireFormatException)
        {
            return new ProblemResult(ErrorCode.Malformed);
        }
        catch (AccountErasedException)
        {
            return new ProblemResult(ErrorCode.Erased);
        }
        catch (StoreUnavailableException unavailable)
        {
            return Failures.Unavailable(unavailable.Reason);
        }
        catch (Exception failure) when (!HasHungUp(context, failure))
        {
            logger.Failed(failure, RequestLog.Route(context));
            return new ProblemResult(ErrorCode.Internal);
        }
    }

    // A name that stands twice in a query is one thing to a proxy and another here.
    private static string? RepeatedName(HttpRequest request) => !request.QueryString.HasValue ? null
        : request.Query.FirstOrDefault(named => named.Value.Count > 1).Key;

    // The web server may throw before it says that the connection is gone.
    private static bool HasHungUp(HttpContext context, Exception failure) =>
        context.RequestAborted.IsCancellationRequested
            || failure is ConnectionResetException or ConnectionAbortedException;

    private static async Task AnswerAsync(HttpContext context, ProblemResult problem)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        await problem.ExecuteAsync(context);
    }

    private static ProblemResult FromFramework(BadHttpRequestException refused) =>
        new(Problems.OfStatus(refused.StatusCode)) {
            Field = JsonPath.Field((refused.InnerException as JsonException)?.Path),
        };

    private void Record(HttpContext context, TimeSpan elapsed)
    {
        var route = RequestLog.Route(context);
        var problem = context.Features.Get<ProblemResult>();
        if (problem?.Store is { } fault) metrics.StoreRefused(fault);
        metrics.Answered(route, problem is null ? "ok" : Problems.Of(problem.Code).Slug);
        logger.Answered(context, route, elapsed);
    }
}
