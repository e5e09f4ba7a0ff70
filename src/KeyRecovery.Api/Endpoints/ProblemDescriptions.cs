using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Service.Errors;
using Microsoft.AspNetCore.Http.Metadata;

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

    /// <summary>
    /// What any route of a group may answer, whatever it does, by what is known of it: it is asked too often, its body
    /// is too long or too slow.
    /// </summary>
    public static void WithCommonProblems(this IEndpointConventionBuilder routes) =>
        routes.Finally(route =>
        {
            var marks = route.Metadata;
            if (!marks.OfType<Unlimited>().Any()) Tell(marks, ErrorCode.RateLimited);
            if (marks.OfType<IAcceptsMetadata>().Any()) Tell(marks, ErrorCode.Timeout);
            // The body of what is signed is read, also where there should be none.
            if (marks.Any(mark => mark is IAcceptsMetadata or Signed)) Tell(marks, ErrorCode.TooLarge);
        });

    private static void Tell(IList<object> marks, ErrorCode code)
    {
        var status = Problems.Of(code).Status;
        if (!marks.OfType<IProducesResponseTypeMetadata>().Any(told => told.StatusCode == status))
            marks.Add(new ProducesResponseTypeMetadata(status, typeof(ProblemDocument), [Problems.ContentType]));
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
