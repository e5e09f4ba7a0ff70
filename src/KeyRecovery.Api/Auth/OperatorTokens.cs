using KeyRecovery.Api.Http;
using KeyRecovery.Api.Options;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// Operators' tokens: as an app's, of an audience that no app has, with the scope that a route asks for.
/// </summary>
internal sealed class OperatorTokens
{
    /// <summary>The scope that files erasures.</summary>
    public const string EraseScope = "keyrecovery.erase";

    private readonly TokenSources<OperatorOptions> _operators;
    private readonly IList<AppOptions> _apps;

    public OperatorTokens(KeyRecoveryOptions options, TimeProvider time, DevelopmentIssuer? development = null) =>
        (_operators, _apps) = (new TokenSources<OperatorOptions>(options.Operators, time, development), options.Apps);

    /// <summary>The app that the request's operator may erase accounts of, or the problem.</summary>
    public async ValueTask<(AppOptions? App, ProblemResult? Refusal)> ReadAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization.Count == 0)
            return (null, new ProblemResult(ErrorCode.Unauthenticated));
        var invalid = new ProblemResult(ErrorCode.TokenInvalid);
        if (AuthorizationHeader.Read(
            context.Request, JwtRules.Scheme) is not { Length: <= JwtRules.MostCharacters } text
            || JwtRules.Parse(text) is not { } token) return (null, invalid);
        var (one, keysUnavailable) = await _operators.VerifyAsync(token, context.RequestAborted);
        if (keysUnavailable) return (null, Http.Failures.KeysUnavailable());
        if (one is null) return (null, invalid);
        return JwtRules.Text(token, "scope")?.Split(' ').Contains(EraseScope, StringComparer.Ordinal) == true
            ? (_apps.First(app => app.Id == one.App), null)
            : (null, new ProblemResult(ErrorCode.Forbidden) { Field = "scope" });
    }
}
