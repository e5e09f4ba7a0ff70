using System.Text.Json;
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

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>The token, unverified; null where it is none that we read.</summary>
    public static JsonWebToken? Parse(string text)
    {
        try
        {
            var token = new JsonWebToken(text);
            // We understand no critical extension (RFC 7515 §4.1.11), and read no encrypted token. A name that stands
            // twice is one thing to one reader and another to the next; a key's that is no text is no name (§4.1.4).
            return token.IsEncrypted || token.TryGetHeaderValue<object>("crit", out _) || token.Kid is null
                || !IsStrict(token.EncodedHeader) || !IsStrict(token.EncodedPayload) ? null : token;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>
    /// A claim that is a string; null otherwise. Read from the payload itself: the library gives a number as one.
    /// </summary>
    public static string? Text(JsonWebToken token, string claim)
    {
        using var payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload), Strict);
        return payload.RootElement.TryGetProperty(claim, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() : null;
    }

    private static bool IsStrict(string part)
    {
        try
        {
            using var json = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(part), Strict);
            return json.RootElement.ValueKind == JsonValueKind.Object;
        }
        // The last is of a name with half of a character, which JSON can write (RFC 8259 §8.2) and nobody reads.
        catch (Exception odd) when (odd is JsonException or FormatException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether a token has expired, by what it says itself: nobody asks an issuer for the key of one that has.
    /// </summary>
    public static bool HasExpired(JsonWebToken token, TimeProvider time)
    {
        using var payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload), Strict);
        return !payload.RootElement.TryGetProperty(JwtRegisteredClaimNames.Exp, out var value)
            || value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var at)
            || at <= (time.GetUtcNow() - ClockSkew).ToUnixTimeSeconds();
    }

    /// <summary>How a token of <paramref name="source"/> is verified.</summary>
    public static TokenValidationParameters For(
        TokenSourceOptions source, IEnumerable<SecurityKey> keys, TimeProvider time) => new()
        {
            ValidIssuers = source.Issuers,
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
