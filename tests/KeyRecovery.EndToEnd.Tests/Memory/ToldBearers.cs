namespace KeyRecovery.EndToEnd.Tests.Memory;

/// <summary>
/// Tells in a file which bearers were sent: the relay's are drawn like keys, stand in headers, and are worth nothing
/// when the session has ended.
/// </summary>
internal sealed class ToldBearers(string path) : DelegatingHandler(new SocketsHttpHandler())
{
    private static readonly Lock Gate = new();

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Headers.Authorization?.Parameter is { } bearer)
            lock (Gate) File.AppendAllLines(path, [bearer]);
        return base.SendAsync(request, cancellationToken);
    }
}
