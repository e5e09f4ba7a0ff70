using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace KeyRecovery.Api.RateLimiting;

/// <summary>
/// Who counts as one caller: an IPv4 address, or a /64 of IPv6, which one subscriber has for the asking.
/// </summary>
internal static class ClientAddress
{
    /// <summary>
    /// The caller's number; IPv4 stays IPv4 when it arrives mapped into IPv6, and a Unix socket is one caller.
    /// </summary>
    public static UInt128 Of(IPAddress? address)
    {
        if (address is null) return 0;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        if (address.AddressFamily == AddressFamily.InterNetwork || address.IsIPv4MappedToIPv6)
            return new UInt128(1, BinaryPrimitives.ReadUInt32BigEndian(bytes[(written - 4)..written]));
        return new UInt128(2, BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }
}
