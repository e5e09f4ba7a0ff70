using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using KeyRecovery.Service.Accounts;
using Microsoft.IdentityModel.JsonWebTokens;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// App tokens: JWT (RFC 7519) as bearer (RFC 6750), each of one app. Every way of not holding gives the same answer.
/// </summary>
internal sealed class AppTokens(Tenants tenants, TokenLog log)
{
    private const int MaxSubjectBytes = 256;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads the token of a request.</summary>
    public ValueTask<TokenResult> ReadAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization.Count == 0) return new(TokenResult.Missing.Instance);
        return AuthorizationHeader.Read(context.Request, JwtRules.Scheme) is { } text
            ? ReadAsync(text, context.RequestAborted)
            : new(Refuse(TokenFault.Malformed));
    }

    /// <summary>Reads a token.</summary>
    public async ValueTask<TokenResult> ReadAsync(string text, CancellationToken cancellation)
    {
        var now = tenants.Now;
        if (text.Length > JwtRules.MostCharacters) return Refuse(TokenFault.Malformed);
        var print = Hash256.Of(MemoryMarshal.AsBytes(text.AsSpan()));
        if (now.Valid.TryFind(print, out var known)) return new TokenResult.Valid(known);
        if (JwtRules.Parse(text) is not { } token) return Refuse(TokenFault.Malformed);
        var (app, fault) = await now.OfApps.VerifyAsync(token, cancellation);
        if (app is null) return Refuse(fault, token);
        if (Subject(token) is not { } subject) return Refuse(TokenFault.Subject, token);
        // Under the app's name of today, also where the token's is one from before.
        var user = new AppUser(app.Id, app.Issuer, subject);
        now.Valid.Add(print, user, new DateTimeOffset(token.ValidTo, TimeSpan.Zero));
        return new TokenResult.Valid(user);
    }

    private TokenResult Refuse(TokenFault why, JsonWebToken? token = null)
    {
        log.Refused(why, token);
        return why == TokenFault.KeysUnavailable ? TokenResult.KeysUnavailable.Instance : TokenResult.Invalid.Instance;
    }

    /// <summary>
    /// Whether a text may be a user's name in tokens: 1 to 256 bytes of UTF-8, of whole characters, since a half of one
    /// would be another name once it is written.
    /// </summary>
    public static bool IsSubject([NotNullWhen(true)] string? text)
    {
        try
        {
            return text is not null && StrictUtf8.GetByteCount(text) is > 0 and <= MaxSubjectBytes;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    private static string? Subject(JsonWebToken token) =>
        JwtRules.Text(token, JwtRegisteredClaimNames.Sub) is var subject && IsSubject(subject) ? subject : null;
}
