using KeyRecovery.Api.Options;
using Microsoft.IdentityModel.JsonWebTokens;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// Whose JWTs (RFC 7519) are trusted: issuer and audience, byte for byte, choose one source, and only its keys verify.
/// </summary>
internal sealed class TokenSources<T>(IEnumerable<T> sources, TimeProvider time, DevelopmentIssuer? development)
    where T : TokenSourceOptions
{
    private readonly JsonWebTokenHandler _handler =
        new() { MapInboundClaims = false, MaximumTokenSizeInBytes = JwtRules.MostCharacters };
    private readonly IReadOnlyList<(T Source, IssuerKeys Keys)> _sources =
        [.. sources.Select(source => (source, IssuerKeys.Of(source, development)))];

    /// <summary>
    /// The source that a token is of; null where it does not hold, or while the source's keys cannot be had.
    /// </summary>
    public async ValueTask<(T? Source, bool KeysUnavailable)> VerifyAsync(JsonWebToken token, CancellationToken ct)
    {
        if (Choose(token) is not var (source, keys)) return (null, false);
        if (await keys.GetAsync(ct) is not { } all) return (null, true);

        var candidates = token.Kid.Length == 0
            ? all : [.. all.Where(key => key.KeyId == token.Kid || string.IsNullOrEmpty(key.KeyId))];
        if (candidates.Count == 0)
        {
            keys.RequestRefresh();
            return (null, false);
        }

        var outcome = await _handler.ValidateTokenAsync(token, JwtRules.For(source, candidates, time));
        return (outcome.IsValid ? source : null, false);
    }

    // More than one match is ambiguous, and then none.
    private (T Source, IssuerKeys Keys)? Choose(JsonWebToken token)
    {
        (T, IssuerKeys)? chosen = null;
        foreach (var candidate in _sources)
        {
            if (candidate.Source.Issuer != token.Issuer
                || !token.Audiences.Contains(candidate.Source.Audience, StringComparer.Ordinal)) continue;
            if (chosen is not null) return null;
            chosen = candidate;
        }

        return chosen;
    }
}
