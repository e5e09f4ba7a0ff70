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
}
