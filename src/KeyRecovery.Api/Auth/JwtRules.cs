using KeyRecovery.Api.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace KeyRecovery.Api.Auth;

/// <summary>What holds for every token, of users and of operators.</summary>
internal static class JwtRules
{
    /// <summary>The scheme of a header with a token (RFC 6750).</summary>
    public const string Scheme = "Bearer";

    /// <summary>How far the issuer's clock may be from ours.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(60);

    /// <summary>The longest token, in characters.</summary>
    public const int MostCharacters = 8 * 1024;

    /// <summary>The token, unverified; null where it is none that we read.</summary>
    public static JsonWebToken? Parse(string text)
    {
        try
        {
            var token = new JsonWebToken(text);
            // We understand no critical extension (RFC 7515 §4.1.11), and read no encrypted token.
            return token.IsEncrypted || token.TryGetHeaderValue<object>("crit", out _) ? null : token;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>How a token of <paramref name="source"/> is verified.</summary>
    public static TokenValidationParameters For(
        TokenSourceOptions source, IEnumerable<SecurityKey> keys, TimeProvider time) => new()
        {
            ValidIssuer = source.Issuer,
            ValidAudience = source.Audience,
            IssuerSigningKeys = keys,
            ValidAlgorithms = SigningKeys.Algorithms,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            IncludeTokenOnFailedValidation = false,
            LogValidationExceptions = false,
            LifetimeValidator = (notBefore, expires, _, _) => IsNow(notBefore, expires, time),
        };

    private static bool IsNow(DateTime? notBefore, DateTime? expires, TimeProvider time)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return expires is { } end && end > now - ClockSkew && (notBefore is not { } start || start <= now + ClockSkew);
    }
}
