namespace KeyRecovery.Api.Auth;

/// <summary><c>Authorization: SCHEME TEXT</c> (RFC 9110 §11.6.2).</summary>
internal static class AuthorizationHeader
{
    /// <summary>The text behind the scheme; null unless there is one such header, and of that scheme.</summary>
    public static string? Read(HttpRequest request, string scheme)
    {
        var header = request.Headers.Authorization;
        return header.Count == 1 && header[0] is { } value
            && value.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && value.Length > scheme.Length && value[scheme.Length] == ' '
                ? value[(scheme.Length + 1)..]
                : null;
    }
}
