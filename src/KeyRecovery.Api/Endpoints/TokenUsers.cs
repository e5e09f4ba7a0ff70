using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Http;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Endpoints;

/// <summary>The user of a route that takes an app token and nothing else.</summary>
internal static class TokenUsers
{
    /// <summary>The user, or the problem.</summary>
    public static async ValueTask<(AppUser? User, ProblemResult? Refusal)> ReadUserAsync(
        this AppTokens tokens, HttpContext context) =>
        await tokens.ReadAsync(context) switch
        {
            TokenResult.Valid(var user) => (user, null),
            TokenResult.Missing => (null, new ProblemResult(ErrorCode.Unauthenticated)),
            TokenResult.KeysUnavailable => (null, Failures.KeysUnavailable()),
            _ => (null, new ProblemResult(ErrorCode.TokenInvalid)),
        };
}
