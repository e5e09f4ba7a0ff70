using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Endpoints;

/// <summary>Says in the OpenAPI document which problems a route answers with.</summary>
internal static class ProblemDescriptions
{
    public static RouteHandlerBuilder WithProblems(this RouteHandlerBuilder route, params ReadOnlySpan<ErrorCode> codes)
    {
        foreach (var status in codes.ToArray().Select(code => Problems.Of(code).Status).Distinct())
            route.Produces<ProblemDocument>(status, Problems.ContentType);
        return route;
    }

    /// <summary>The problems of every signed route, and those given.</summary>
    public static RouteHandlerBuilder WithSignedProblems(
        this RouteHandlerBuilder route, params ReadOnlySpan<ErrorCode> codes) =>
        route.WithProblems(
        [
            ErrorCode.SignatureInvalid, ErrorCode.Forbidden, ErrorCode.VaultLost, ErrorCode.Erased,
            ErrorCode.RateLimited,
            ErrorCode.Unavailable, .. codes,
        ]);

    /// <summary>
    /// The problems of a commit and of a repair: each takes a whole account one step on, or not at all.
    /// </summary>
    public static RouteHandlerBuilder WithChangeProblems(this RouteHandlerBuilder route) => route.WithSignedProblems(
        ErrorCode.Malformed, ErrorCode.StaleVersion, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType,
        ErrorCode.Refused, ErrorCode.StorageFull);
}
