using KeyRecovery.Api.Http;
using KeyRecovery.Api.Options;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// Operators' tokens: as an app's, of an audience that no app has, with the scope that a route asks for. Both must name
/// it, the token and the server's settings: an issuer gives nobody a power that the settings do not.
/// </summary>
internal sealed class OperatorTokens
{
    private readonly TokenSources<OperatorOptions> _operators;
    private readonly IList<AppOptions> _apps;

    public OperatorTokens(KeyRecoveryOptions options, TimeProvider time, DevelopmentIssuer? development = null) =>
        (_operators, _apps) = (new TokenSources<OperatorOptions>(options.Operators, time, development), options.Apps);

    /// <summary>The app that the request's operator has a scope for, or the problem.</summary>
    public async ValueTask<(AppOptions? App, ProblemResult? Refusal)> ReadAsync(
        HttpContext context, OperatorScope scope)
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
        return JwtRules.Text(token, "scope") is { } words && OperatorScopes.Have(words.Split(' '), scope)
            && OperatorScopes.Have(one.Granted, scope)
            ? (_apps.First(app => app.Id == one.App), null)
            : (null, new ProblemResult(ErrorCode.Forbidden) { Field = "scope" });
    }
}
