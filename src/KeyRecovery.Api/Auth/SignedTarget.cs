using KeyRecovery.Protocol.Http;
using Microsoft.AspNetCore.Http.Features;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// What a request's signature must cover, from the target as it was on the wire: nothing decoded, nothing normalised.
/// </summary>
internal static class SignedTarget
{
    public static HttpRequestParts Parts(HttpContext context, string authority, string digest)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0
            ? new HttpRequestParts(context.Request.Method, authority, target, "?", digest)
            : new HttpRequestParts(context.Request.Method, authority, target[..query], target[query..], digest);
    }
}
