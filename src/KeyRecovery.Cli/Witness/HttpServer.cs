using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KeyRecovery.Cli.Witness;

/// <summary>
/// A server of HTTP/1.1 (RFC 9112) for small questions, with a bound on all that a stranger may take: connections,
/// bytes and time. What it cannot take is answered with a status, and the connection ends.
/// </summary>
internal sealed class HttpServer : IAsyncDisposable
{
    /// <summary>How many are served at once: 64. Others wait in the system's queue.</summary>
    public const int MaxConnections = 64;

    private const int MaxHead = 8 * 1024;
    private const int MaxLinger = 256 * 1024;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Lingering = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly byte[] GoOn = "HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray();

    private readonly TcpListener _listener;
    private readonly Func<HttpQuestion, Task<HttpReply>> _answer;
    private readonly int _maxBody;
    private readonly TimeSpan _longest;
    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _places = new(MaxConnections, MaxConnections);
    private readonly Task _running;

    /// <summary>Begins to listen.</summary>
    /// <param name="at">Where; port 0 for any.</param>
    /// <param name="answer">Answers; it does not throw.</param>
    /// <param name="maxBody">The most bytes of a body.</param>
    /// <param name="longest">The longest that a question may take to come, and an answer to go.</param>
    /// <exception cref="SocketException">It is taken, or not this machine's.</exception>
    public HttpServer(IPEndPoint at, Func<HttpQuestion, Task<HttpReply>> answer, int maxBody, TimeSpan longest)
    {
        (_answer, _maxBody, _longest) = (answer, maxBody, longest);
        _listener = new TcpListener(at);
        _listener.Start();
        Address = (IPEndPoint)_listener.LocalEndpoint;
        _running = RunAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; }

    /// <summary>Ends what is under way, and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        _listener.Stop();
        _end.Dispose();
        _places.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await _places.WaitAsync(_end.Token);
                if (await AcceptAsync() is { } socket) _ = ServeAsync(socket);
                else _places.Release();
            }
        }
        catch (OperationCanceledException)
        {
            // All places free again: nobody is served any more.
            for (var i = 0; i < MaxConnections; i++) await _places.WaitAsync();
        }
    }

    // Null where the caller is gone, the system is out of descriptors for a moment, or the server ends.
    private async Task<Socket?> AcceptAsync()
    {
        try
        {
            return await _listener.AcceptSocketAsync(_end.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (SocketException)
        {
            await Task.Delay(Pause);
            return null;
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using (socket)
            {
                await TalkAsync(socket);
                await LingerAsync(socket);
            }
        }
        catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException)
        {
            // Whoever asked is gone or slow, or the server ends.
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task TalkAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket);
        var (held, count) = (new byte[MaxHead], 0);
        while (true)
        {
            // The first byte may be awaited; the whole of a question may not take longer than its time.
            if (count == 0)
            {
                using var idle = Within(Idle);
                count = await stream.ReadAsync(held, idle.Token);
                if (count == 0) return;
            }

            using var late = Within(_longest);
            HttpReply reply;
            bool isLast;
            try
            {
                (reply, isLast, count) = await TakeAsync(stream, held, count, late.Token);
            }
            catch (OperationCanceledException) when (!_end.IsCancellationRequested)
            {
                (reply, isLast) = (HttpReply.Text(408, "the request did not come in time"), true);
            }

            // Where others wait for a place, nobody keeps one.
            isLast = isLast || _places.CurrentCount == 0;
            using var slow = Within(_longest);
            await WriteAsync(stream, reply, isLast, slow.Token);
            if (isLast) return;
        }
    }

    // What is asked, its answer, and how much of the next question is held already.
    private async Task<(HttpReply Reply, bool IsLast, int Count)> TakeAsync(
        NetworkStream stream, byte[] held, int count, CancellationToken ct)
    {
        int end;
        while ((end = held.AsSpan(0, count).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (count == held.Length) return (HttpReply.Text(431, "the head of the request is too large"), true, 0);
            var read = await stream.ReadAsync(held.AsMemory(count), ct);
            if (read == 0) return (HttpReply.Text(400, "the request was cut short"), true, 0);
            count += read;
        }

        if (HttpHead.TryParse(held.AsSpan(0, end), out var status) is not { } head)
            return (HttpReply.Text(status, "not a request that is taken here"), true, 0);
        if (head.Method is not ("GET" or "POST"))
            return (HttpReply.Text(405, "not a method that is taken here"), true, 0);
        if (head.BodySize > _maxBody) return (HttpReply.Text(413, "the body is too large"), true, 0);
        var body = new byte[head.BodySize];
        var behind = held.AsSpan(end + 4, count - end - 4);
        var here = Math.Min(body.Length, behind.Length);
        behind[..here].CopyTo(body);
        if (head.AwaitsWord && here < body.Length) await stream.WriteAsync(GoOn, ct);
        if (await stream.ReadAtLeastAsync(body.AsMemory(here), body.Length - here, throwOnEndOfStream: false, ct)
            < body.Length - here) return (HttpReply.Text(400, "the request was cut short"), true, 0);
        held.AsSpan(end + 4 + here, count - end - 4 - here).CopyTo(held);
        return (await _answer(new HttpQuestion(head.Method, head.Target, body)), head.IsLast, count - end - 4 - here);
    }

    private static async Task WriteAsync(NetworkStream stream, HttpReply reply, bool isLast, CancellationToken ct)
    {
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {reply.Status} {(HttpStatusCode)reply.Status}\r\nContent-Type: {reply.ContentType}\r\n"
            + $"Content-Length: {reply.Body.Length}\r\nCache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\n"
            + $"{(isLast ? "Connection: close\r\n" : "")}\r\n");
        byte[] answer = [.. Encoding.ASCII.GetBytes(head), .. reply.Body.Span];
        await stream.WriteAsync(answer, ct);
    }

    // A socket that is closed over unread bytes is reset, and that may overtake the answer.
    private async Task LingerAsync(Socket socket)
    {
        socket.Shutdown(SocketShutdown.Send);
        using var late = Within(Lingering);
        var rest = new byte[MaxHead];
        for (var left = MaxLinger; left > 0;)
        {
            var read = await socket.ReceiveAsync(rest, late.Token);
            if (read == 0) return;
            left -= read;
        }
    }

    private CancellationTokenSource Within(TimeSpan time)
    {
        var late = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        late.CancelAfter(time);
        return late;
    }
}
