using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace KeyRecovery.Api.Webhooks;

/// <summary>
/// Sends pages to webhooks. It follows no redirect, asks no proxy and keeps no cookie; which address it connects to is
/// decided where it connects, so that no name can be another one by then. Of an answer nothing but the status is read.
/// </summary>
internal sealed class WebhookSender : IDisposable
{
    // What comes behind the headers is thrown away as far as this, so that the connection may be used again.
    private const int MostThrownAway = 4 * 1024;
    private const int MostHeaderKilobytes = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Dictionary<WebhookReach, HttpClient> _clients =
        Enum.GetValues<WebhookReach>().ToDictionary(reach => reach, Client);

    /// <summary>Sends a page.</summary>
    /// <returns>Why it was not taken; null where it was.</returns>
    public async Task<string?> SendAsync(
        Uri webhook, WebhookReach reach, ReadOnlyMemory<byte> body, string token, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(Patience);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, webhook)
            {
                Content = new ReadOnlyMemoryContent(body)
                {
                    Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
                },
                Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
            };
            using var answer = await _clients[reach].SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            return answer.IsSuccessStatusCode ? null : $"it answered {(int)answer.StatusCode}";
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return "it did not answer in time";
        }
        catch (HttpRequestException failure)
        {
            return failure.InnerException is WebhookOutOfReachException
                ? "its name leads to no address that a webhook may have"
                : $"it cannot be reached ({failure.HttpRequestError})";
        }
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values) client.Dispose();
    }

    private static HttpClient Client(WebhookReach reach) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ConnectTimeout = Patience,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1), MaxConnectionsPerServer = 2,
        MaxResponseHeadersLength = MostHeaderKilobytes, MaxResponseDrainSize = MostThrownAway,
        // Whose trace it is concerns nobody outside.
        ActivityHeadersPropagator = null,
        ConnectCallback = (context, ct) => ConnectAsync(context.DnsEndPoint, reach, ct),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint named, WebhookReach reach, CancellationToken ct)
    {
        var found = await Dns.GetHostAddressesAsync(named.Host.Trim('[', ']'), ct);
        var within = found.Where(address => reach.Reaches(address)).ToArray();
        if (within.Length == 0) throw new WebhookOutOfReachException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(within, named.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
