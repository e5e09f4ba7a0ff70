using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace KeyRecovery.Cli.Tests.Support;

/// <summary>
/// Stands before the real server and writes answers by itself, byte by byte, as no honest HTTP stack would.
/// </summary>
public sealed class LyingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _behind = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly Func<Uri> _server;

    /// <summary>Opens the door.</summary>
    /// <param name="server">The server behind it, once it listens.</param>
    public LyingProxy(Func<Uri> server)
    {
        _server = server;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Where it is.</summary>
    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>What becomes of an answer; by default nothing. Null where none goes back.</summary>
    public Func<Answer, Answer?> Lie { get; set; } = answer => answer;

    /// <summary>What is answered in the server's place, by method and path; null where it is asked.</summary>
    public Func<string, string, Answer?> Instead { get; set; } = (_, _) => null;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        _stop.Dispose();
        _behind.Dispose();
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
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                using var request = await ReadAsync(stream);
                if ((Instead(request.Method.Method, request.RequestUri!.AbsolutePath)
                    ?? await AskAsync(request)) is not { } answer) return;
                await stream.WriteAsync(Encoding.UTF8.GetBytes(
                    $"HTTP/1.1 {answer.Status} {answer.Reason}\r\n"
                    + (answer.Type.Length > 0 ? $"Content-Type: {answer.Type}\r\n" : "")
                    + (answer.Location.Length > 0 ? $"Location: {answer.Location}\r\n" : "")
                    + (answer.IsEndless ? "" : $"Content-Length: {answer.Body.Length}\r\n")
                    + "Connection: close\r\n\r\n"), _stop.Token);
                do await stream.WriteAsync(answer.Body, _stop.Token);
                while (answer.IsEndless);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException
                or HttpRequestException)
            {
                // One side hung up.
            }
        }
    }

    private async Task<Answer?> AskAsync(HttpRequestMessage request)
    {
        using var response = await _behind.SendAsync(request, _stop.Token);
        return Lie(new Answer(
            request.RequestUri!.AbsolutePath, (int)response.StatusCode,
            response.ReasonPhrase ?? "", response.Content.Headers.ContentType?.ToString() ?? "",
            await response.Content.ReadAsByteArrayAsync(_stop.Token))
        {
            Method = request.Method.Method,
        });
    }

    private async Task<HttpRequestMessage> ReadAsync(NetworkStream stream)
    {
        var (head, one) = (new StringBuilder(), new byte[1]);
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)
            && await stream.ReadAsync(one, _stop.Token) == 1) head.Append((char)one[0]);
        var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var first = lines[0].Split(' ');
        var headers = lines[1..].Select(line => line.Split(':', 2)).ToLookup(h => h[0], h => h[1].Trim(),
            StringComparer.OrdinalIgnoreCase);
        var body = new byte[int.Parse(headers["Content-Length"].FirstOrDefault() ?? "0", null)];
        await stream.ReadExactlyAsync(body, _stop.Token);
        var request = new HttpRequestMessage(new HttpMethod(first[0]), new Uri(_server(), first[1]))
        {
            Content = body.Length > 0 ? new ByteArrayContent(body) : null,
        };
        foreach (var header in headers.Where(h => !h.Key.Equals("Host", StringComparison.OrdinalIgnoreCase)
            && !h.Key.StartsWith("Content-Length", StringComparison.OrdinalIgnoreCase)))
            if (!request.Headers.TryAddWithoutValidation(header.Key, header))
                request.Content?.Headers.TryAddWithoutValidation(header.Key, header);
        // What is signed names the host that the client knows.
        request.Headers.Host = headers["Host"].FirstOrDefault();
        return request;
    }

    /// <summary>What goes back to the client.</summary>
    /// <param name="Path">Of the request.</param>
    /// <param name="Status">The status.</param>
    /// <param name="Reason">Beside it.</param>
    /// <param name="Type">The content type.</param>
    /// <param name="Body">The body.</param>
    public sealed record Answer(string Path, int Status, string Reason, string Type, byte[] Body)
    {
        /// <summary>Of the request.</summary>
        public string Method { get; init; } = "GET";

        /// <summary>Where it leads; empty for nowhere.</summary>
        public string Location { get; init; } = "";

        /// <summary>Whether the body comes again and again until the client hangs up.</summary>
        public bool IsEndless { get; init; }
    }
}
