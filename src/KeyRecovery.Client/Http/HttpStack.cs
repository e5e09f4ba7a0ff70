namespace KeyRecovery.Client.Http;

/// <summary>
/// The HTTP stack under the client. It follows no redirect: signatures, tokens and bodies are for the server that the
/// app names, and a page that a network puts in the way is no server.
/// </summary>
internal static class HttpStack
{
    /// <summary>A client of the app's handler, or of the platform's own.</summary>
    /// <exception cref="ArgumentException">The app's handler was used before, and follows redirects.</exception>
    public static HttpClient Open(KeyRecoveryOptions options)
    {
        var given = options.Handler;
        if (given is not null) KeepHere(given);
        // How long a request may take is the transport's to say: this client's own time ends with the headers.
        return new HttpClient(
            given ?? Own(), disposeHandler: given is null)
        {
            BaseAddress = options.Server, Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    private static SocketsHttpHandler Own()
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        handler.SslOptions.RemoteCertificateValidationCallback = NetworkTrouble.Accept;
        return handler;
    }

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
}
