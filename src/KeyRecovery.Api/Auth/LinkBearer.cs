using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Linking;

namespace KeyRecovery.Api.Auth;

/// <summary>The bearer of one side of a link session: <c>Authorization: Link</c> and 32 bytes in base64url.</summary>
internal static class LinkBearer
{
    public const string Scheme = "Link";

    /// <summary>The bearer's bytes, or null where there is none: then the answer is that to a wrong one.</summary>
    public static byte[]? Read(HttpRequest request) =>
        AuthorizationHeader.Read(request, Scheme) is { } text
            && Base64UrlText.TryDecode(text, LinkRelayLimits.TokenBytes, out var bearer) ? bearer : null;
}
