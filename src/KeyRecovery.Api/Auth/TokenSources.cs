using KeyRecovery.Api.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// Whose JWTs (RFC 7519) are trusted: issuer and audience, byte for byte, choose one source, and only its keys verify.
/// </summary>
internal sealed class TokenSources<T>(IReadOnlyList<(T Source, IssuerKeys Keys)> sources, TimeProvider time)
    where T : TokenSourceOptions
{
    private readonly JsonWebTokenHandler _handler =
        new() { MapInboundClaims = false, MaximumTokenSizeInBytes = JwtRules.MostCharacters };

    /// <summary>The source that a token is of; without one, why it does not hold.</summary>
    public async ValueTask<(T? Source, TokenFault Fault)> VerifyAsync(JsonWebToken token, CancellationToken ct)
    {
        if (Choose(token) is var (fault, one, keys) && fault != TokenFault.None) return (null, fault);
        if (JwtRules.HasExpired(token, time)) return (null, TokenFault.Time);
        var arrived = time.GetTimestamp();
        for (var set = await keys!.GetAsync(ct); set is not null; set = await keys.GetNewerAsync(set, ct))
        {
            fault = await VerifyAsync(token, one!, set.Keys);
            if (fault == TokenFault.None) return (one, fault);
            // Newer keys help where none of that name is known; and only until some were asked for since.
            var mayBeNewer = fault == TokenFault.UnknownKey
                || (fault == TokenFault.Signature && set.Keys.All(key => key.KeyId != token.Kid));
            if (!mayBeNewer || set.Began >= arrived) return (null, fault);
        }

        return (null, TokenFault.KeysUnavailable);
    }

    private async ValueTask<TokenFault> VerifyAsync(JsonWebToken token, T source, IReadOnlyList<SecurityKey> all)
    {
        var candidates = token.Kid.Length == 0
            ? all : [.. all.Where(key => key.KeyId == token.Kid || string.IsNullOrEmpty(key.KeyId))];
        if (candidates.Count == 0) return TokenFault.UnknownKey;
        var outcome = await _handler.ValidateTokenAsync(token, JwtRules.For(source, candidates, time));
        return outcome.IsValid ? TokenFault.None
            : outcome.Exception is SecurityTokenInvalidLifetimeException or SecurityTokenNoExpirationException
                ? TokenFault.Time
                : TokenFault.Signature;
    }

    // More than one match is ambiguous, and then none.
    private (TokenFault Fault, T? Source, IssuerKeys? Keys) Choose(JsonWebToken token)
    {
        (TokenFault, T?, IssuerKeys?) chosen = (TokenFault.NoSource, null, null);
        foreach (var (source, keys) in sources)
        {
            if (!source.Issuers.Contains(token.Issuer, StringComparer.Ordinal)
                || !token.Audiences.Contains(source.Audience, StringComparer.Ordinal)) continue;
            if (chosen.Item2 is not null) return (TokenFault.ManySources, null, null);
            chosen = (TokenFault.None, source, keys);
        }

        return chosen;
    }
}
