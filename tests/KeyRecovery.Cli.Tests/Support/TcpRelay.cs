using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KeyRecovery.Cli.Tests.Support;

/// <summary>
/// A door between command line and server: counts who comes, holds a request up, or swallows an answer. Without a
/// server behind it, it shows that nothing was sent.
/// </summary>
public sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _swallowed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _connections;

    /// <summary>Opens the door.</summary>
    public TcpRelay()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Where it is.</summary>
    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>The server behind it.</summary>
    public Uri? Server { get; set; }

    /// <summary>How many connections were made.</summary>
    public int Connections => _connections;

    /// <summary>Called with the first line of a request before it is passed on.</summary>
    public Func<string, Task>? OnRequest { get; set; }

    /// <summary>Whether answers are swallowed.</summary>
    public bool SwallowsAnswers { get; set; }

    /// <summary>Ends when the first answer was swallowed.</summary>
    public Task Swallowed => _swallowed.Task;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        Interlocked.Increment(ref _connections);
        using (client)
        {
            if (Server is not { } server) return;
            using var behind = new TcpClient();
            try
            {
                await behind.ConnectAsync(server.Host, server.Port);
                var there = PassAsync(client.GetStream(), behind.GetStream(), isRequest: true);
                var back = PassAsync(behind.GetStream(), client.GetStream(), isRequest: false);
                await Task.WhenAny(there, back);
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // One side hung up.
            }
        }
    }

    private async Task PassAsync(NetworkStream from, NetworkStream to, bool isRequest)
    {
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer)) > 0)
        {
            if (isRequest && FirstLine(buffer.AsSpan(0, read)) is { } line && OnRequest is { } callback)
                await callback(line);
            if (!isRequest && SwallowsAnswers)
            {
                _swallowed.TrySetResult();
                return;
            }
            await to.WriteAsync(buffer.AsMemory(0, read));
        }
    }

    private static string? FirstLine(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n"u8);
        if (end < 0) return null;
        var line = Encoding.ASCII.GetString(bytes[..end]);
        return line.EndsWith("HTTP/1.1", StringComparison.Ordinal) ? line : null;
    }
}
