using System.Net;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Options;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Endpoints;

/// <summary>
/// <c>POST /v1/dev/tokens</c>: app tokens for developers. Mapped in Development only, for callers on this machine.
/// </summary>
internal static class DevelopmentEndpoints
{
    public static void MapDevelopment(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/dev/tokens", Mint)
            .Accepts<DevelopmentTokenRequest>("application/json")
            .WithMetadata(new BodyLimit(4 * 1024))
            .ExcludeFromDescription();

    private static IResult Mint(
        JsonBody<DevelopmentTokenRequest> body, HttpContext context, DevelopmentIssuer issuer,
        Tenants tenants)
    {
        if (!IsLocal(context)) return new ProblemResult(ErrorCode.Forbidden);
        var request = body.Value;
        var subject = request.Subject;
        if (!AppTokens.IsSubject(subject))
            return new ProblemResult(ErrorCode.Malformed) { Field = "subject" };
        var now = tenants.Now;
        var app = now.Apps.FirstOrDefault(candidate =>
            candidate.Issuer == DevelopmentIssuer.Name && (request.App is null || candidate.Id == request.App));
        var source = request.Scope is null ? app : (TokenSourceOptions?)now.Operators.FirstOrDefault(
            candidate => candidate.Issuer == DevelopmentIssuer.Name && candidate.App == app?.Id);
        return source is null
            ? new ProblemResult(ErrorCode.NotFound) { Field = "app" }
            : TypedResults.Ok(new DevelopmentTokenResponse(
                issuer.Mint(source, subject, request.Scope), (long)DevelopmentIssuer.Lifetime.TotalMilliseconds));
    }

    // The connection, and the name it was made for: a web page that rebinds its own name to 127.0.0.1 is a stranger
    // too.
    private static bool IsLocal(HttpContext context)
    {
        var headers = context.Request.Headers;
        var host = context.Request.Host.Host.Trim('[', ']');
        return context.Connection.RemoteIpAddress is { } address
            && IPAddress.IsLoopback(address)
            && !headers.ContainsKey("X-Forwarded-For")
            && !headers.ContainsKey("X-Original-For")
            && !headers.ContainsKey("Forwarded")
            && (host == "localhost" || (IPAddress.TryParse(host, out var named) && IPAddress.IsLoopback(named)));
    }
}
