using KeyRecovery.Api.Http;
using KeyRecovery.Service.Errors;
using Microsoft.AspNetCore.Http.Features;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// HEAD is answered as GET, without the body (RFC 9110 §9.3.2), on every route that needs no signature. What is signed
/// is signed for its own method.
/// </summary>
internal sealed class HeadRequests(RequestDelegate next)
{
    private static readonly object Mark = new();

    public Task InvokeAsync(HttpContext context)
    {
        if (!HttpMethods.IsHead(context.Request.Method)) return next(context);
        context.Items[Mark] = Mark;
        context.Request.Method = HttpMethods.Get;
        // The web server sends no body, and expects none, to whom it knows for HEAD by then.
        context.Response.OnStarting(() =>
        {
            context.Request.Method = HttpMethods.Head;
            return Task.CompletedTask;
        });
        var body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null, body));
        return next(context);
    }

    /// <summary>Turns away what is signed, once the route is known.</summary>
    public static Task RefuseSigned(HttpContext context, RequestDelegate next)
    {
        var marks = context.GetEndpoint()?.Metadata;
        if (!context.Items.ContainsKey(Mark) || marks is null || (marks.GetMetadata<Signed>() is null
            && marks.GetMetadata<SignedByThen>() is null && marks.GetMetadata<SignedByContent>() is null))
            return next(context);
        context.Response.Headers.Allow = HttpMethods.Get;
        return new ProblemResult(ErrorCode.MethodNotAllowed).ExecuteAsync(context);
    }
}
