using KeyRecovery.Service.Rows;
using System.Text.Json;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using Microsoft.AspNetCore.Http.Features;

namespace KeyRecovery.Api.Http;

/// <summary>
/// The outermost step: whatever happens within, the caller gets an answer of ours, the log one line and the metrics one
/// count. No exception's text leaves through any of them.
/// </summary>
internal sealed class RequestBoundary(
    RequestDelegate next, ILogger<RequestBoundary> logger, ServerMetrics metrics, TimeProvider time, IServiceProvider services)
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
            if (RequestMediaType.IsReadable(context.Request)) await next(context);
            else await AnswerAsync(context, new ProblemResult(ErrorCode.UnsupportedMediaType));
            if (context.Response is { StatusCode: >= 400, HasStarted: false, ContentLength: null, ContentType: null })
                await AnswerAsync(context, new ProblemResult(Problems.OfStatus(context.Response.StatusCode)));
        }
        catch (BadHttpRequestException refused)
        {
            await AnswerAsync(context, FromFramework(refused));
        }
        catch (WireFormatException)
        {
            await AnswerAsync(context, new ProblemResult(ErrorCode.Malformed));
        }
        catch (AccountErasedException)
        {
            await AnswerAsync(context, new ProblemResult(ErrorCode.Erased));
        }
        catch (StoreUnavailableException unavailable)
        {
            await AnswerAsync(context, Failures.Unavailable(unavailable.Reason));
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = context.Response.HasStarted ? context.Response.StatusCode : ClientClosedRequest;
        }
#pragma warning disable CA1031 // The boundary is where every failure becomes an answer.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            logger.Failed(failure, RequestLog.Route(context));
            await AnswerAsync(context, new ProblemResult(ErrorCode.Internal));
        }

        Record(context, time.GetElapsedTime(started));
    }

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
        new(Problems.OfStatus(refused.StatusCode)) { Field = JsonPath.Field((refused.InnerException as JsonException)?.Path) };

    private void Record(HttpContext context, TimeSpan elapsed)
    {
        var route = RequestLog.Route(context);
        var problem = context.Features.Get<ProblemResult>();
        metrics.Answered(route, problem is null ? "ok" : Problems.Of(problem.Code).Slug);
        logger.Answered(context, route, elapsed);
    }
}
