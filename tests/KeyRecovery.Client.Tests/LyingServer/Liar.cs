using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// A malicious server: a program on a socket of its own, before the real host, which it asks for the truth. It hears
/// every byte that a client sends, and answers with any bytes that it likes.
/// </summary>
internal sealed class Liar : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ends = new();
    private readonly ConcurrentQueue<Heard> _heard = new();
    private readonly HttpClient _real;
    private readonly string _authority;
    private readonly Task _accepting;

    /// <param name="real">The host that it asks.</param>
    /// <param name="authority">What that host calls itself.</param>
    public Liar(Uri real, string? authority = null)
    {
        Real = real;
        _authority = authority ?? real.Authority;
        _real = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>The host that it asks; it may ask another one from now on.</summary>
    public Uri Real { get; set; }

    /// <summary>
    /// What is told, given the truth; null for the truth. Asked in the order in which answers are given.
    /// </summary>
    public Func<Heard, Told, Told?>? Lie { get; set; }

    /// <summary>What is told without asking anybody; null to ask.</summary>
    public Func<Heard, Told?>? Instead { get; set; }

    /// <summary>All that was heard, in its order.</summary>
    public IReadOnlyList<Heard> Heard => [.. _heard];

    /// <summary>Forgets what was heard.</summary>
    public void Forget() => _heard.Clear();

    /// <summary>A device whose server this is. It signs for the real one, which it takes this for.</summary>
    public TestDevice Device(Func<KeyRecoveryOptions, KeyRecoveryOptions>? adjust = null) => new(
        Address, adjust: options =>
        {
            options = options with
            {
                Handler = null, Authority = _authority, RetryDelay = TimeSpan.FromMilliseconds(1),
                RequestTimeout = TimeSpan.FromSeconds(10),
            };
            return adjust?.Invoke(options) ?? options;
        });

    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync();
        await _accepting;
        _listener.Stop();
        _real.Dispose();
        _ends.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true) serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_ends.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var connection = client;
        try
        {
            var stream = connection.GetStream();
            while (await LyingServer.Heard.ReadAsync(stream, _ends.Token) is { } heard)
            {
                _heard.Enqueue(heard);
                var told = Instead?.Invoke(heard);
                if (told is null)
                {
                    var truth = await AskAsync(heard);
                    told = Lie?.Invoke(heard, truth) ?? truth;
                }
                await stream.WriteAsync(told.ToBytes(), _ends.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client is gone, or the test is over.
        }
    }

    private async Task<Told> AskAsync(Heard heard)
    {
        using var request = new HttpRequestMessage(new HttpMethod(heard.Method), new Uri(Real, heard.Target));
        request.Content = heard.Body.Length == 0 ? null : new ByteArrayContent(heard.Body);
        foreach (var (name, value) in heard.Headers)
        {
            if (name.Equals("Host", StringComparison.OrdinalIgnoreCase)) continue;
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content?.Headers.TryAddWithoutValidation(name, value);
        }
        using var response = await _real.SendAsync(request, _ends.Token);
        return new Told((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(_ends.Token))
        {
            ContentType = response.Content.Headers.ContentType?.ToString(),
            Headers = [.. Kept(response.Headers)],
        };
    }

    private static IEnumerable<(string, string)> Kept(HttpResponseHeaders headers) => headers
        .Where(h => h.Key is not ("Date" or "Server" or "Transfer-Encoding" or "Connection"))
        .SelectMany(h => h.Value.Select(v => (h.Key, v)));
}
