using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Webhooks;
using KeyRecovery.Service.Errors;
using Microsoft.Net.Http.Headers;

namespace KeyRecovery.Api.Endpoints;

/// <summary><c>/v1/jwks</c>: the keys that sign what is sent to webhooks.</summary>
internal static class WebhookEndpoints
{
    public static void MapWebhookKeys(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/jwks", (HttpContext context, WebhookTokens tokens) =>
        {
            context.Response.Headers[HeaderNames.CacheControl] = "public, max-age=300";
            return TypedResults.Ok(tokens.Tell());
        })
            .WithName("getJwks").WithSummary("The keys that sign what is sent to webhooks").WithTags("Audit")
            .WithDescription("A JWK Set. Whoever meets a token of a key that is not in it asks again.")
            .WithMetadata(new BodyLimit(0))
            .Produces<JwksResponse>()
            .WithProblems(ErrorCode.RateLimited);
}
