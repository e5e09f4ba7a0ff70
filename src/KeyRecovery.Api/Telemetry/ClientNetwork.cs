using System.Net;
using System.Net.Sockets;

namespace KeyRecovery.Api.Telemetry;

/// <summary>
/// As much of an address as the log, and the other side of a link session, get: the /24 of IPv4, the /48 of IPv6.
/// </summary>
internal static class ClientNetwork
{
    public static string Of(IPAddress? address)
    {
        if (address is null) return "local";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var (kept, prefix) = address.AddressFamily == AddressFamily.InterNetwork ? (3, 24) : (6, 48);
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(kept).Clear();
        return $"{new IPAddress(bytes)}/{prefix}";
    }
}
