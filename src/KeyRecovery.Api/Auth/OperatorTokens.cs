using KeyRecovery.Api.Http;
using KeyRecovery.Api.Options;
using KeyRecovery.Service.Errors;
using Microsoft.IdentityModel.JsonWebTokens;

namespace KeyRecovery.Api.Auth;

/// <summary>Operators' tokens: as an app's, of an audience that no app has, with the scope that a route asks for.</summary>
internal sealed class OperatorTokens
{
    /// <summary>The scope that files erasures.</summary>
    public const string EraseScope = "keyrecovery.erase";

    private const string Scheme = "Bearer ";

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = JwtRules.MostCharacters };
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<(OperatorOptions Operator, IssuerKeys Keys, AppOptions App)> _operators;

    public OperatorTokens(KeyRecoveryOptions options, TimeProvider time, DevelopmentIssuer? development = null)
    {
        _time = time;
        _operators = [.. options.Operators.Select(o => (o, IssuerKeys.Of(o, development), options.Apps.First(app => app.Id == o.App)))];
    }

    /// <summary>The app that the request's operator may erase accounts of, or the problem.</summary>
    public async ValueTask<(AppOptions? App, ProblemResult? Refusal)> ReadAsync(HttpContext context)
    {
        var header = context.Request.Headers.Authorization;
        if (header.Count == 0) return (null, new ProblemResult(ErrorCode.Unauthenticated));
        var invalid = new ProblemResult(ErrorCode.TokenInvalid);
        if (header.Count != 1 || header[0] is not { } value || !value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            || value.Length - Scheme.Length > JwtRules.MostCharacters || JwtRules.Parse(value[Scheme.Length..]) is not { } token) return (null, invalid);
        var chosen = _operators.Where(o => o.Operator.Issuer == token.Issuer && token.Audiences.Contains(o.Operator.Audience, StringComparer.Ordinal)).ToList();
        if (chosen is not [var (one, keys, app)]) return (null, invalid);
        if (await keys.GetAsync(context.RequestAborted) is not { } all) return (null, Http.Failures.KeysUnavailable());
        var candidates = token.Kid.Length == 0 ? all : [.. all.Where(key => key.KeyId == token.Kid || string.IsNullOrEmpty(key.KeyId))];
        if (candidates.Count == 0) keys.RequestRefresh();
        if (candidates.Count == 0 || !(await _handler.ValidateTokenAsync(token, JwtRules.For(one, candidates, _time))).IsValid) return (null, invalid);
        return token.TryGetPayloadValue<string>("scope", out var scope) && scope.Split(' ').Contains(EraseScope, StringComparer.Ordinal)
            ? (app, null)
            : (null, new ProblemResult(ErrorCode.Forbidden) { Field = "scope" });
    }
}
