using System.Runtime.InteropServices;
using System.Text;
using KeyRecovery.Api.Options;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using Microsoft.IdentityModel.JsonWebTokens;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// App tokens: JWT (RFC 7519) as bearer (RFC 6750), each of one app. Every way of not holding gives the same answer.
/// </summary>
internal sealed class AppTokens
{
    /// <summary>The longest subject, in bytes of UTF-8.</summary>
    public const int MaxSubjectBytes = 256;

    private readonly ValidTokens _valid;
    private readonly TokenSources<AppOptions> _apps;

    public AppTokens(KeyRecoveryOptions options, TimeProvider time, DevelopmentIssuer? development = null)
    {
        _valid = new ValidTokens(time);
        _apps = new TokenSources<AppOptions>(options.Apps, time, development);
    }

    /// <summary>Reads the token of a request.</summary>
    public ValueTask<TokenResult> ReadAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization.Count == 0) return new(TokenResult.Missing.Instance);
        return AuthorizationHeader.Read(context.Request, JwtRules.Scheme) is { } text
            ? ReadAsync(text, context.RequestAborted)
            : new(TokenResult.Invalid.Instance);
    }

    /// <summary>Reads a token.</summary>
    public async ValueTask<TokenResult> ReadAsync(string text, CancellationToken cancellation)
    {
        if (text.Length > JwtRules.MostCharacters) return TokenResult.Invalid.Instance;
        var print = Hash256.Of(MemoryMarshal.AsBytes(text.AsSpan()));
        if (_valid.TryFind(print, out var known)) return new TokenResult.Valid(known);
        if (JwtRules.Parse(text) is not { } token) return TokenResult.Invalid.Instance;
        var (app, keysUnavailable) = await _apps.VerifyAsync(token, cancellation);
        if (keysUnavailable) return TokenResult.KeysUnavailable.Instance;
        if (app is null || Subject(token) is not { } subject) return TokenResult.Invalid.Instance;
        var user = new AppUser(app.Id, app.Issuer, subject);
        _valid.Add(print, user, new DateTimeOffset(token.ValidTo, TimeSpan.Zero));
        return new TokenResult.Valid(user);
    }

    private static string? Subject(JsonWebToken token) =>
        JwtRules.Text(token, JwtRegisteredClaimNames.Sub) is { Length: > 0 } subject
            && Encoding.UTF8.GetByteCount(subject) <= MaxSubjectBytes
            ? subject : null;
}
