using System.Net;
using System.Net.Sockets;

namespace KeyRecovery.Testing.Hosting;

/// <summary>Takes connections on a port of this machine, and serves each until it ends.</summary>
internal sealed class LoopbackListener : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _accepting;

    /// <summary>Begins.</summary>
    /// <param name="serve">Serves a connection, which is closed behind it.</param>
    public LoopbackListener(Func<Socket, CancellationToken, Task> serve)
    {
        _listener.Start();
        _accepting = AcceptAsync(serve);
    }

    /// <summary>Where.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Carries what comes from either to the other, until one of them ends.</summary>
    public static async Task JoinAsync(Socket one, Socket two, CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await Task.WhenAny(CarryAsync(one, two, end.Token), CarryAsync(two, one, end.Token));
        await end.CancelAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _ended.Dispose();
    }

    private static async Task CarryAsync(Socket from, Socket to, CancellationToken ct)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer, ct) is > 0 and var length)
            await to.SendAsync(buffer.AsMemory(0, length), ct);
    }

    private async Task AcceptAsync(Func<Socket, CancellationToken, Task> serve)
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_ended.Token);
                socket.NoDelay = true;
                _ = ServeAsync(socket, serve);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It has ended.
        }
    }

    private async Task ServeAsync(Socket socket, Func<Socket, CancellationToken, Task> serve)
    {
        using (socket)
        {
            try
            {
                await serve(socket, _ended.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // One of the two is gone.
            }
        }
    }
}
