using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using KeyRecovery.Api.Options;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// App tokens: JWT (RFC 7519) as bearer (RFC 6750). Issuer and audience, byte for byte, choose the app, and only that
/// app's keys verify. Every way of not holding gives the same answer.
/// </summary>
internal sealed class AppTokens
{
    /// <summary>The longest subject, in bytes of UTF-8.</summary>
    public const int MaxSubjectBytes = 256;

    private const int MostCharacters = 8 * 1024;
    private const string Scheme = "Bearer ";

    private static readonly JsonDocumentOptions StrictPayload = new() { AllowDuplicateProperties = false };

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MostCharacters };
    private readonly TimeProvider _time;
    private readonly ValidTokens _valid;
    private readonly IReadOnlyList<(AppOptions App, IssuerKeys Keys)> _apps;

    public AppTokens(KeyRecoveryOptions options, TimeProvider time, DevelopmentIssuer? development = null)
    {
        _time = time;
        _valid = new ValidTokens(time);
        _apps = [.. options.Apps.Select(app => (app, IssuerKeys.Of(app, development)))];
    }

    /// <summary>Reads the token of a request.</summary>
    public ValueTask<TokenResult> ReadAsync(HttpContext context)
    {
        var header = context.Request.Headers.Authorization;
        if (header.Count == 0) return new(TokenResult.Missing.Instance);
        var value = header.Count == 1 ? header[0] : null;
        return value is not null && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? ReadAsync(value[Scheme.Length..], context.RequestAborted)
            : new(TokenResult.Invalid.Instance);
    }

    /// <summary>Reads a token.</summary>
    public async ValueTask<TokenResult> ReadAsync(string text, CancellationToken cancellation)
    {
        if (text.Length > MostCharacters) return TokenResult.Invalid.Instance;
        var print = Hash256.Of(MemoryMarshal.AsBytes(text.AsSpan()));
        if (_valid.TryFind(print, out var known)) return new TokenResult.Valid(known);
        if (JwtRules.Parse(text) is not { } token || Choose(token) is not var (app, keys)) return TokenResult.Invalid.Instance;
        if (await keys.GetAsync(cancellation) is not { } all) return TokenResult.KeysUnavailable.Instance;

        var candidates = token.Kid.Length == 0 ? all : [.. all.Where(key => key.KeyId == token.Kid || string.IsNullOrEmpty(key.KeyId))];
        if (candidates.Count == 0)
        {
            keys.RequestRefresh();
            return TokenResult.Invalid.Instance;
        }

        var outcome = await _handler.ValidateTokenAsync(token, JwtRules.For(app, candidates, _time));
        if (!outcome.IsValid || Subject(token) is not { } subject) return TokenResult.Invalid.Instance;
        var user = new AppUser(app.Id, app.Issuer, subject);
        _valid.Add(print, user, new DateTimeOffset(token.ValidTo, TimeSpan.Zero));
        return new TokenResult.Valid(user);
    }

    // More than one match is ambiguous, and then none.
    private (AppOptions App, IssuerKeys Keys)? Choose(JsonWebToken token)
    {
        (AppOptions, IssuerKeys)? chosen = null;
        foreach (var candidate in _apps)
        {
            if (candidate.App.Issuer != token.Issuer || !token.Audiences.Contains(candidate.App.Audience, StringComparer.Ordinal)) continue;
            if (chosen is not null) return null;
            chosen = candidate;
        }

        return chosen;
    }

    // Read from the payload itself: the library gives a number as a string, and the last of two.
    private static string? Subject(JsonWebToken token)
    {
        try
        {
            using var payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload), StrictPayload);
            var subject = payload.RootElement.GetProperty(JwtRegisteredClaimNames.Sub).GetString();
            return subject is { Length: > 0 } && Encoding.UTF8.GetByteCount(subject) <= MaxSubjectBytes ? subject : null;
        }
        catch (Exception odd) when (odd is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
