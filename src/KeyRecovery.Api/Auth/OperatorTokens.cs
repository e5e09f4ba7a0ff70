using KeyRecovery.Api.Http;
using KeyRecovery.Api.Options;
using KeyRecovery.Service.Errors;
using Microsoft.IdentityModel.JsonWebTokens;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// Operators' tokens: as an app's, of an audience that no app has, with the scope that a route asks for. Both must name
/// it, the token and the server's settings: an issuer gives nobody a power that the settings do not.
/// </summary>
internal sealed class OperatorTokens(Tenants tenants, TokenLog log)
{
    /// <summary>The app that the request's operator has a scope for, or the problem.</summary>
    public async ValueTask<(AppOptions? App, ProblemResult? Refusal)> ReadAsync(
        HttpContext context, OperatorScope scope)
    {
        var (one, refusal) = await ReadOperatorAsync(context, scope);
        // Both may have gone from the settings since.
        var app = one is null ? null : tenants.Now.App(one.App);
        return (app, app is null ? refusal ?? new ProblemResult(ErrorCode.TokenInvalid) : null);
    }

    /// <summary>
    /// The problem of whoever is no operator any more, now that a body is there: its sender decides how long it takes,
    /// and an operator who is taken out of the settings is refused from that moment on.
    /// </summary>
    public async ValueTask<ProblemResult?> RefuseBehindBodyAsync(HttpContext context, OperatorScope scope) =>
        (await ReadOperatorAsync(context, scope)).Refusal;

    /// <summary>The request's operator, where it has a scope, or the problem.</summary>
    public async ValueTask<(OperatorOptions? Operator, ProblemResult? Refusal)> ReadOperatorAsync(
        HttpContext context, OperatorScope scope)
    {
        if (context.Request.Headers.Authorization.Count == 0)
            return (null, new ProblemResult(ErrorCode.Unauthenticated));
        var now = tenants.Now;
        if (AuthorizationHeader.Read(
            context.Request, JwtRules.Scheme) is not { Length: <= JwtRules.MostCharacters } text
            || JwtRules.Parse(text) is not { } token) return Refuse(TokenFault.Malformed);
        var (one, fault) = await now.OfOperators.VerifyAsync(token, context.RequestAborted);
        if (one is null) return Refuse(fault, token);
        return JwtRules.Text(token, "scope") is { } words && OperatorScopes.Have(words.Split(' '), scope)
            && OperatorScopes.Have(one.Granted, scope)
            ? (one, null)
            : Refuse(TokenFault.Scope, token);
    }

    private (OperatorOptions?, ProblemResult) Refuse(TokenFault why, JsonWebToken? token = null)
    {
        log.Refused(why, token);
        return (null, why switch
        {
            TokenFault.KeysUnavailable => Http.Failures.KeysUnavailable(),
            TokenFault.Scope => new ProblemResult(ErrorCode.Forbidden) { Field = "scope" },
            _ => new ProblemResult(ErrorCode.TokenInvalid),
        });
    }
}
