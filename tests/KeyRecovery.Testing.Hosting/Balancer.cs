using System.Net;
using System.Net.Sockets;

namespace KeyRecovery.Testing.Hosting;

/// <summary>
/// A load balancer before the instances of a server: each connection goes to the next one that takes it. Nothing is
/// told to a client whose instance dies but that its connection ends.
/// </summary>
public sealed class Balancer : IAsyncDisposable
{
    private readonly LoopbackListener _listener;
    private int _next;

    /// <summary>Starts it.</summary>
    public Balancer() => _listener = new LoopbackListener(ServeAsync);

    /// <summary>Where clients go.</summary>
    public Uri Address => new($"http://{IPAddress.Loopback}:{_listener.Port}");

    /// <summary>The instances' ports.</summary>
    public IReadOnlyList<int> Ports { get; set; } = [];

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(Socket client, CancellationToken ct)
    {
        var ports = Ports;
        for (var tries = 0; tries < ports.Count; tries++)
        {
            using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            server.NoDelay = true;
            try
            {
                var next = (uint)Interlocked.Increment(ref _next) % (uint)ports.Count;
                await server.ConnectAsync(IPAddress.Loopback, ports[(int)next], ct);
            }
            catch (SocketException)
            {
                continue;
            }

            await LoopbackListener.JoinAsync(client, server, ct);
            return;
        }
    }
}
