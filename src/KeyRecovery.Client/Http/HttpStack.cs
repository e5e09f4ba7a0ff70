namespace KeyRecovery.Client.Http;

/// <summary>
/// The HTTP stack under the client. It follows no redirect: signatures, tokens and bodies are for the server that the
/// app names, and a page that a network puts in the way is no server.
/// </summary>
internal static class HttpStack
{
    /// <summary>A client of the app's handler, or of the platform's own.</summary>
    /// <exception cref="ArgumentException">The app's handler was used before, and follows redirects; or there are two.
    /// </exception>
    public static HttpClient Open(KeyRecoveryOptions options)
    {
        var given = options.Handler;
        if (given is not null) KeepHere(given);
        if (given is not null && options.HandlerFactory is not null)
            throw new ArgumentException(
                "the options have a handler, or what fetches one, and not both", nameof(options));
        // How long a request may take is the transport's to say: this client's own time ends with the headers.
        return new HttpClient(
            given ?? (options.HandlerFactory is { } fetch ? new FetchedHandler(fetch) : Own()),
            disposeHandler: given is null)
        {
            BaseAddress = options.Server, Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>The platform's own.</summary>
    public static SocketsHttpHandler Own()
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        handler.SslOptions.RemoteCertificateValidationCallback = NetworkTrouble.Accept;
        return handler;
    }

    /// <summary>Has a handler follow no redirect.</summary>
    /// <exception cref="ArgumentException">It was used before, and follows them.</exception>
    private static void KeepHere(HttpMessageHandler handler)
    {
        try
        {
            switch (handler)
            {
                case DelegatingHandler { InnerHandler: { } inner }:
                    KeepHere(inner);
                    break;
                case HttpClientHandler { AllowAutoRedirect: true } platform:
                    platform.AllowAutoRedirect = false;
                    break;
                case SocketsHttpHandler { AllowAutoRedirect: true } sockets:
                    sockets.AllowAutoRedirect = false;
                    break;
            }
        }
        catch (InvalidOperationException used)
        {
            throw new ArgumentException(
                "a handler that was used before must not follow redirects: set AllowAutoRedirect to false",
                nameof(handler), used);
        }
    }

    // A client lives as long as its app, and a handler of a factory a few minutes: each request asks for the one of
    // now.
    private sealed class FetchedHandler(Func<HttpMessageHandler> fetch) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var handler = fetch();
            KeepHere(handler);
            using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
            return await invoker.SendAsync(request, cancellationToken);
        }
    }
}
