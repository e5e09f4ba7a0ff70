using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Http;

/// <summary>Reads the header <c>Peer-Network</c> (docs/protocol.md §13.4).</summary>
internal static class PeerNetwork
{
    /// <summary>
    /// The /24 or /48 that the server names; null where it names none, or writes it in any other way.
    /// </summary>
    public static IPNetwork? Of(HttpResponseHeaders headers)
    {
        if (!headers.TryGetValues(HeaderNames.PeerNetwork, out var values) || values.ToArray() is not [var text])
            return null;
        // A zone is of the server's own interfaces, and means nothing elsewhere.
        if (text.Contains('%', StringComparison.Ordinal) || !IPNetwork.TryParse(text, out var network)) return null;
        var prefix = network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 24 : 48;
        return network.PrefixLength == prefix && network.ToString() == text ? network : null;
    }
}
