using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KeyRecovery.Client.Tests.Hostile;

/// <summary>
/// A server on a socket of its own, which does with each connection what it is told, once the head of a request has
/// come.
/// </summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Func<string, NetworkStream, CancellationToken, Task> _answer;
    private readonly Lock _gate = new();
    private readonly List<string> _heads = [];
    private readonly Task _running;

    public RawServer(Func<string, NetworkStream, CancellationToken, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _running = RunAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>The heads of the requests that came.</summary>
    public IReadOnlyList<string> Heads
    {
        get { lock (_gate) return [.. _heads]; }
    }

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
            while (true) served.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var head = await ReadHeadAsync(stream);
                lock (_gate) _heads.Add(head);
                await _answer(head, stream, _end.Token);
                await Farewell.SayAsync(client, _end.Token);
            }
            catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException)
            {
                // The client had enough.
            }
        }
    }

    private async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var (head, one) = (new StringBuilder(), new byte[1]);
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)
            && await stream.ReadAsync(one, _end.Token) == 1) head.Append((char)one[0]);
        return head.ToString();
    }
}
