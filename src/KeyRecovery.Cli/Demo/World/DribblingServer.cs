using System.Net;
using System.Net.Sockets;

namespace KeyRecovery.Cli.Demo.World;

/// <summary>
/// What a hostile operator may put at a realm's address: it takes every connection and promises an answer that never
/// ends, one byte at a time, to keep whoever asks it waiting.
/// </summary>
internal sealed class DribblingServer : IAsyncDisposable
{
    private static readonly byte[] Head =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"u8.ToArray();

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _running;
    private int _asked;

    public DribblingServer(int port)
    {
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _running = RunAsync();
    }

    /// <summary>How many connections it took.</summary>
    public int Asked => _asked;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        _listener.Stop();
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        var served = new List<Task>();
        try
        {
            while (true) served.Add(DribbleAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task DribbleAsync(TcpClient client)
    {
        using (client)
        {
            Interlocked.Increment(ref _asked);
            try
            {
                await client.GetStream().WriteAsync(Head, _end.Token);
                for (; ; await Task.Delay(100, _end.Token))
                    await client.GetStream().WriteAsync(new byte[1], _end.Token);
            }
            catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException)
            {
                // Whoever asked had enough.
            }
        }
    }
}
