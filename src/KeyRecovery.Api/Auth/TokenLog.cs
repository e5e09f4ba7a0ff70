using Microsoft.IdentityModel.JsonWebTokens;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// Why a token did not hold, and issuers that cannot be reached. Never a token or a subject; what a stranger wrote is
/// cut short, and keeps only characters that no terminal and no reader of logs acts on.
/// </summary>
internal sealed partial class TokenLog(ILogger<TokenLog> logger)
{
    private const int MostIssuer = 100;
    private const int MostKey = 16;

    /// <summary>One line of one token; null where it could not even be read.</summary>
    public void Refused(TokenFault why, JsonWebToken? token)
    {
        if (!logger.IsEnabled(LogLevel.Information)) return;
        Refused(
            logger, why, Shown(token?.Issuer, MostIssuer), Shown(token?.Audiences.FirstOrDefault(), MostIssuer),
            Shown(token?.Kid, MostKey));
    }

    /// <summary>An issuer's keys could not be fetched, and could before.</summary>
    [LoggerMessage(31, LogLevel.Warning,
        "The keys at {Address} cannot be fetched ({Reason}): those from before count for up to 24 hours, and recovery "
        + "by code asks for none", EventName = "IssuerDown")]
    public partial void IssuerDown(string address, string reason);

    /// <summary>They can again.</summary>
    [LoggerMessage(32, LogLevel.Information, "The keys at {Address} can be fetched again", EventName = "IssuerBack")]
    public partial void IssuerBack(string address);

    private static string Shown(string? text, int most)
    {
        if (string.IsNullOrEmpty(text)) return "-";
        var kept = text.Length > most ? text[..most] : text;
        var shown = string.Create(kept.Length, kept, static (to, from) =>
        {
            for (var i = 0; i < from.Length; i++)
                to[i] = char.IsAsciiLetterOrDigit(from[i]) || "-._~:/?=+".Contains(from[i]) ? from[i] : '*';
        });
        return text.Length > most ? shown + "…" : shown;
    }

    [LoggerMessage(30, LogLevel.Information, "A token does not hold: {Why}; issuer {Issuer}, audience {Audience}, "
        + "key {Kid}", EventName = "TokenRefused")]
    private static partial void Refused(ILogger logger, TokenFault why, string issuer, string audience, string kid);
}
