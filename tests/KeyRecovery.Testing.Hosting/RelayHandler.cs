namespace KeyRecovery.Testing.Hosting;

/// <summary>
/// Stands between a client and the real server, inside TLS: records what passes, and may change the answers.
/// </summary>
public sealed class RelayHandler : DelegatingHandler
{
    private readonly Lock _gate = new();

    /// <summary>Over the platform's own handler.</summary>
    public RelayHandler() : base(new SocketsHttpHandler()) { }

    /// <summary>Waited for before a request is sent.</summary>
    public Func<HttpRequestMessage, Task>? BeforeAsync { get; set; }

    /// <summary>
    /// Called with every request and its bytes before it is sent; an answer returned here is given instead of the
    /// server's.
    /// </summary>
    public Func<HttpRequestMessage, byte[], HttpResponseMessage?>? OnRequest { get; set; }

    /// <summary>Called with every answer's body; what it returns goes to the client.</summary>
    public Func<HttpRequestMessage, byte[], byte[]>? OnAnswer { get; set; }

    /// <summary>Called last with every answer of the server, to change its status or headers.</summary>
    public Action<HttpRequestMessage, HttpResponseMessage>? OnResponse { get; set; }

    /// <summary>Everything that passed: lines, headers but Authorization, and bodies.</summary>
    public MemoryStream Recorded { get; } = new();

    /// <summary>How many requests were sent.</summary>
    public int Requests { get; private set; }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var sent = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        Requests++;
        if (BeforeAsync is not null) await BeforeAsync(request).WaitAsync(cancellationToken);
        Record($"{request.Method} {request.RequestUri}\n{request.Headers}",
            request.Headers.Authorization?.ToString(), sent);
        if (OnRequest?.Invoke(request, sent) is { } instead) return instead;

        var response = await base.SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        Record($"{(int)response.StatusCode}\n{response.Headers}{response.Content.Headers}", null, body);
        if (OnAnswer is not null && response.IsSuccessStatusCode)
        {
            var type = response.Content.Headers.ContentType;
            response.Content = new ByteArrayContent(OnAnswer(request, body));
            response.Content.Headers.ContentType = type;
        }
        OnResponse?.Invoke(request, response);
        return response;
    }

    private void Record(string head, string? authorization, byte[] body)
    {
        if (authorization is not null) head = head.Replace(authorization, "", StringComparison.Ordinal);
        lock (_gate)
        {
            Recorded.Write(System.Text.Encoding.UTF8.GetBytes(head));
            Recorded.Write(body);
        }
    }
}
