using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KeyRecovery.Testing.Hosting;

/// <summary>
/// An HTTP proxy (CONNECT, RFC 9110 §9.3.6) that leads some names to a port of this machine, and no other anywhere.
/// </summary>
internal sealed class ConnectProxy : IAsyncDisposable
{
    private const int HeadLimit = 8 * 1024;

    private readonly int _port;
    private readonly string[] _hosts;
    private readonly ConcurrentDictionary<string, bool> _asked = new();
    private readonly LoopbackListener _listener;

    public ConnectProxy(int port, string[] hosts)
    {
        (_port, _hosts) = (port, hosts);
        _listener = new LoopbackListener(ServeAsync);
    }

    public Uri Address => new($"http://{IPAddress.Loopback}:{_listener.Port}");

    /// <summary>Each <c>HOST:PORT</c> that was asked for.</summary>
    public IReadOnlyCollection<string> Asked => [.. _asked.Keys];

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(Socket client, CancellationToken ct)
    {
        var line = (await ReadHeadAsync(client, ct)).Split("\r\n")[0].Split(' ');
        if (line is not ["CONNECT", var authority, _]) return;
        _asked[authority] = true;
        if (!_hosts.Any(host => authority == $"{host}:443"))
        {
            await client.SendAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), ct);
            return;
        }

        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await server.ConnectAsync(IPAddress.Loopback, _port, ct);
        await client.SendAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), ct);
        await LoopbackListener.JoinAsync(client, server, ct);
    }

    // What follows is sent once it is answered.
    private static async Task<string> ReadHeadAsync(Socket client, CancellationToken ct)
    {
        var (head, buffer) = (new StringBuilder(), new byte[HeadLimit]);
        while (head.Length < HeadLimit && !head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await client.ReceiveAsync(buffer, ct) is not (> 0 and var length)) break;
            head.Append(Encoding.Latin1.GetString(buffer, 0, length));
        }

        return head.ToString();
    }
}
