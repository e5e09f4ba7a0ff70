using System.Text.Json;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Invocation;

/// <summary>
/// Why a token may have been refused. A server says no more than that it does not hold; what stands in it
/// (RFC 7519 §4.1) tells its owner the rest. Nothing here is verified.
/// </summary>
internal static class TokenText
{
    private const int Parts = 3;

    public static string[] Advice(string? token, DateTimeOffset now)
    {
        if (token is null) return [];
        if (Claims(token) is not { } claims)
            return ["What was given is no token (JWT): three parts with dots between, the second of them JSON."];
        using (claims)
        {
            var root = claims.RootElement;
            if (Time(root, "exp") is { } end && end <= now)
                return [$"It was good until {Words.Time(end)}: get a new one from the app."];
            if (Time(root, "nbf") is { } begin && begin > now)
                return [$"It is good from {Words.Time(begin)} on. Is this machine's clock right, or the app's?"];
            return
            [
                $"It says that {Text(root, "iss")} made it for {Text(root, "aud")}. The server takes tokens for its "
                + "own apps, from those who give them; is it the right server?",
            ];
        }
    }

    private static JsonDocument? Claims(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != Parts || !Base64UrlText.TryDecodeUpTo(parts[1], token.Length, out var bytes)) return null;
        try
        {
            var claims = JsonDocument.Parse(bytes);
            if (claims.RootElement.ValueKind == JsonValueKind.Object) return claims;
            claims.Dispose();
        }
        catch (JsonException)
        {
            // It is none, as is told.
        }
        return null;
    }

    private static DateTimeOffset? Time(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetDouble(out var seconds) && seconds is > 0 and < long.MaxValue
            ? ToldTime.At((ulong)seconds) : null;

    private static string Text(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? Words.Safe(value.GetString()!) : "nobody whom it names";
}
