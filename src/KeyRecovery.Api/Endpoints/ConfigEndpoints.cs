using System.ComponentModel;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Options;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Endpoints;

/// <summary><c>GET /v1/config</c>: what a client needs to know before it begins.</summary>
internal static class ConfigEndpoints
{
    private static readonly ConfigLimits AllLimits = new()
    {
        ClockSkewSeconds = (int)SignedRequests.ClockSkew.TotalSeconds,
    };

    public static void MapConfig(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/config", Get)
            .WithName("getConfig")
            .WithSummary("Limits, an app's policy, and the server's clock")
            .WithTags("Config")
            .Produces<ConfigResponse>()
            .WithProblems(ErrorCode.NotFound);

    private static IResult Get(
        [Description("The app whose policy is wanted.")] string? app, Tenants tenants, TimeProvider time)
    {
        var named = app is null ? null : tenants.Now.App(app);
        if (app is not null && named is null) return new ProblemResult(ErrorCode.NotFound) { Field = "app" };
        return TypedResults.Ok(new ConfigResponse
        {
            ApiVersion = "v1",
            ServerTime = time.GetUtcNow().ToUnixTimeSeconds(),
            Limits = AllLimits,
            Policy = named is null ? null : Policy(named.Policy, named.Inactive.ToPolicy()),
        });
    }

    private static ConfigPolicy Policy(AppPolicyOptions policy, InactivityPolicy? inactive) => new()
    {
        CodeNeedsToken = policy.CodeNeedsToken,
        TrustAfterHours = policy.TrustAfterHours,
        ItemBytes = policy.ItemBytes,
        CommitsPerDay = policy.CommitsPerDay,
        ErasureHoldHours = policy.Erasure.HoldHours,
        InactiveAfterDays = inactive?.AfterDays,
        InactiveWarnDays = inactive?.WarnDays,
        PassphraseGuesses = policy.Passphrase.Budget,
    };
}
