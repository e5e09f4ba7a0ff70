using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Http;

/// <summary>
/// Reads what the headers of an answer say; null where they say nothing, or write it in any other way.
/// </summary>
internal static class AnswerHeaders
{
    /// <summary><c>Peer-Network</c> (docs/protocol.md §13.4): a /24 or a /48.</summary>
    public static IPNetwork? PeerNetwork(HttpResponseHeaders headers)
    {
        if (One(headers, HeaderNames.PeerNetwork) is not { } text) return null;
        // A zone is of the server's own interfaces, and means nothing elsewhere.
        if (text.Contains('%', StringComparison.Ordinal) || !IPNetwork.TryParse(text, out var network)) return null;
        var prefix = network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 24 : 48;
        return network.PrefixLength == prefix && network.ToString() == text ? network : null;
    }

    /// <summary><c>Erasure-Due-In</c> (docs/protocol.md §15.2): how long a held erasure still waits.</summary>
    public static TimeSpan? ErasureDueIn(HttpResponseHeaders headers) =>
        uint.TryParse(
            One(headers, HeaderNames.ErasureDueIn), NumberStyles.None, CultureInfo.InvariantCulture,
            out var milliseconds)
            ? ToldTime.Wait(milliseconds) : null;

    private static string? One(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) && values.ToArray() is [var text] ? text : null;
}
