using System.Net;

namespace KeyRecovery.Storage.Cosmos.Connections;

/// <summary>
/// Stands between the SDK and an account's gateway. The SDK sends a write again by itself where a connection is lost,
/// every second for two minutes, and where another writer is at work, and says nothing of it: a write of which the
/// answer was lost would come back as refused. Here it is told what it does not send again (503 and 429), so that an
/// attempt is one request, and <see cref="Requests"/> knows of each. It also bounds what is taken in.
/// </summary>
/// <param name="network">The way to the account.</param>
internal sealed class Gateway(HttpMessageHandler network) : DelegatingHandler(network)
{
    /// <summary>The most bytes of an answer's body: the service ends a page at 4 MiB.</summary>
    public const int MaxBodySize = 8 << 20;

    /// <summary>The most KiB of an answer's headers.</summary>
    private const int MaxHeaders = 64;

    /// <summary>The network itself: nobody is followed elsewhere, and nothing is kept for whoever asks later.</summary>
    public static HttpMessageHandler Network() => new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        MaxResponseHeadersLength = MaxHeaders,
        // Names are asked anew now and then: an account may move.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(5),
    };

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            await response.Content.LoadIntoBufferAsync(MaxBodySize, cancellationToken).ConfigureAwait(false);
            if (IsWrite(request) && response.StatusCode == StepTable.RetryWith)
                response.StatusCode = HttpStatusCode.TooManyRequests;
            return response;
        }
        catch (Exception e) when (e is HttpRequestException or IOException && IsWrite(request))
        {
            return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { RequestMessage = request };
        }
    }

    private static bool IsWrite(HttpRequestMessage request) =>
        request.Method != HttpMethod.Get
        && request.RequestUri!.AbsolutePath.Contains("/docs", StringComparison.Ordinal);
}
