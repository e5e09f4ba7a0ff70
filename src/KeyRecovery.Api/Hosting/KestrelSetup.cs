using System.Net;
using System.Net.Sockets;
using KeyRecovery.Api.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace KeyRecovery.Api.Hosting;

/// <summary>What a connection may cost.</summary>
internal static class KestrelSetup
{
    // What the kernel takes of an answer that nobody reads, in bytes. Left to itself it takes megabytes, and the answer
    // is written before it is seen that there is no reader; this is enough for a megabyte a second half around the
    // world.
    private const int SendBuffer = 128 * 1024;

    /// <summary>How long a connection may be idle. A proxy leaves it sooner, or a request meets its end.</summary>
    public static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(120);

    public static void Configure(SocketTransportOptions sockets) => sockets.CreateBoundListenSocket = Listen;

    public static void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = BodyLimit.Default;
        // What is read ahead of anybody who asks for it: a body that waits for its turn waits at its sender's.
        limits.MaxRequestBufferSize = 64 * 1024;
        limits.MaxRequestLineSize = 4 * 1024;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.MaxRequestHeaderCount = 48;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.KeepAliveTimeout = IdleLimit;
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 1_024, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 1_024, gracePeriod: TimeSpan.FromSeconds(5));
        limits.Http2.MaxStreamsPerConnection = 100;
    }

    // Connections have what their listener has.
    private static Socket Listen(EndPoint endpoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        socket.SendBufferSize = SendBuffer;
        return socket;
    }
}
