using System.Net;
using System.Net.Sockets;

namespace KeyRecovery.Infra.Tests;

/// <summary>A port of this machine for a program that must be told one.</summary>
internal static class FreePort
{
    public static int Next()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
