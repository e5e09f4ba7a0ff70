using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Devices;
using KeyRecovery.Protocol.Http;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace KeyRecovery.Client.Http;

/// <summary>
/// Sends requests and signs them (docs/protocol.md §9.1). Every request of the protocol has a natural key, so a repeat
/// of the same bytes is harmless, and all are repeated when the network or the server is in the way.
/// </summary>
internal sealed class ApiTransport : IDisposable
{
    private static readonly Answer.Unreachable TooLate =
        new("the server did not answer in time", NetworkCause.TooLate);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _deadline;
    private readonly TimeSpan _call;
    private readonly string _authority;
    private readonly Uri _server;
    private readonly TimeProvider _time;
    private readonly ILogger? _log;
    private readonly ResiliencePipeline<Answer> _resilience;
    private TimeSpan _clockOffset;

    public ApiTransport(KeyRecoveryOptions options)
    {
        _http = HttpStack.Open(options);
        (_timeout, _deadline, _call) = (options.RequestTimeout, options.RequestDeadline, options.CallDeadline);
        _server = options.Server;
        _authority = options.Authority ?? AuthorityOf(options.Server);
        (_time, _log) = (options.Time, options.Logger);
        _resilience = BuildResilience(options);
    }

    /// <summary>The server's clock as far as it is known, in seconds since 1970.</summary>
    public ulong NowSeconds => (ulong)Math.Max(0, (_time.GetUtcNow() + _clockOffset).ToUnixTimeSeconds());

    /// <summary>Sends a request, with a signature, a token, both or neither.</summary>
    public async Task<Answer> SendAsync(ApiRequest request, DeviceKeys? signer, CancellationToken ct)
    {
        var answer = await AttemptAsync(request, signer, ct);
        if (signer is null
            || answer is not Answer.Problem { Type: ProblemTypes.ClockSkew, Details.ServerTime: { } serverTime } skewed)
            return answer;

        // A wrong clock is the device's most common fault: the server said what time it is, so sign again with that.
        _clockOffset = ToldTime.At(serverTime) - _time.GetUtcNow();
        if (_log is not null) ClientLog.ClockIsOff(_log, (long)_clockOffset.TotalSeconds);
        var again = await AttemptAsync(request, signer, ct);
        return again is Answer.Problem problem
            ? problem with { IsAfterSilence = problem.IsAfterSilence || skewed.IsAfterSilence } : again;
    }

    public void Dispose() => _http.Dispose();

    private async Task<Answer> AttemptAsync(ApiRequest request, DeviceKeys? signer, CancellationToken ct)
    {
        var left = CallTime.Left(_call);
        if (left <= TimeSpan.Zero) return TooLate;
        using var late = Within(left < _deadline ? left : _deadline, ct);
        var isOpen = false;
        Answer answer = TooLate;
        try
        {
            await _resilience.ExecuteAsync(
                async token =>
                {
                    // One that the deadline cuts off may be done, whatever an earlier one was told.
                    var wasOpen = isOpen;
                    isOpen = true;
                    var since = Stopwatch.GetTimestamp();
                    answer = await SendOnceAsync(request, signer, token);
                    ClientLog.Tell(_log, request, answer, since);
                    isOpen = wasOpen || !Outcome.Decides(answer);
                    return answer;
                },
                late.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Between two attempts, or within one that is not there then: the last answer stands.
        }

        return answer is Answer.Problem problem ? problem with { IsAfterSilence = isOpen } : answer;
    }

    // A linked source of both: whoever dribbles an answer is cut off by the clock as one who says nothing.
    private static CancellationTokenSource Within(TimeSpan time, CancellationToken ct)
    {
        var linked = CancellationTokenSource.CreateLinkedTokenSource(ct);
        linked.CancelAfter(time);
        return linked;
    }

    private async Task<Answer> SendOnceAsync(ApiRequest request, DeviceKeys? signer, CancellationToken ct)
    {
        using var message = Build(request, signer);
        using var late = Within(_timeout, ct);
        try
        {
            using var response = await _http.SendAsync(
                message, HttpCompletionOption.ResponseHeadersRead, late.Token);
            if (IsOfTheProtocol(response))
            {
                var body = await ReadAsync(response.Content, request.MostBytes, late.Token);
                return body is null
                    ? new Answer.Unreachable("the answer is too long", NetworkCause.Unknown)
                    : new Answer.Success(response.StatusCode, body)
                    {
                        MediaType = response.Content.Headers.ContentType?.MediaType,
                        PeerNetwork = AnswerHeaders.PeerNetwork(response.Headers),
                        ErasureDueIn = AnswerHeaders.ErasureDueIn(response.Headers),
                    };
            }
            return new Answer.Problem(response.StatusCode, await ReadProblemAsync(response, late.Token))
            {
                IsPage = IsPage(response),
            };
        }
        catch (HttpRequestException error)
        {
            return NetworkTrouble.Of(error, _server, ProxyOf(_server));
        }
        catch (IOException)
        {
            return new Answer.Unreachable("the connection was lost", NetworkCause.ConnectionLost);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            return TooLate;
        }
        catch (Exception error)
        {
            // The app's own handler may throw anything; what it was given may have been sent.
            ct.ThrowIfCancellationRequested();
            return new Answer.Unreachable(
                $"the app's way to the server failed ({error.GetType().Name})", NetworkCause.Unknown);
        }
    }

    // A page is of something between, a network's log-in perhaps, whatever its status says.
    private static bool IsOfTheProtocol(HttpResponseMessage response) =>
        (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotModified) && !IsPage(response);

    private static bool IsPage(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.MediaType is "text/html" or "application/xhtml+xml"
        || (int)response.StatusCode is >= 300 and < 400 and not (int)HttpStatusCode.NotModified;

    // As the Host header has it: a name of other letters in ASCII (RFC 5891).
    private static string AuthorityOf(Uri server)
    {
        var host = server.HostNameType == UriHostNameType.IPv6 ? server.Host : server.IdnHost;
        return server.IsDefaultPort ? host : $"{host}:{server.Port}";
    }

    private static Uri? ProxyOf(Uri server) =>
        HttpClient.DefaultProxy.IsBypassed(server) ? null : HttpClient.DefaultProxy.GetProxy(server);

    private HttpRequestMessage Build(ApiRequest request, DeviceKeys? signer)
    {
        var message = new HttpRequestMessage(request.Method, request.PathAndQuery);
        var body = request.Body;
        if (request.ContentType is { } contentType)
        {
            message.Content = new ReadOnlyMemoryContent(body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        }
        if (request.Token is { } token)
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", BearerToken.Read(token));
        if (request.LinkBearer is { } bearer)
            message.Headers.Authorization = new AuthenticationHeaderValue("Link", bearer);
        if (request.IfNoneMatch is { } tag) message.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{tag}\""));
        if (signer is null) return message;

        var question = request.PathAndQuery.IndexOf('?', StringComparison.Ordinal);
        var (path, query) = question < 0
            ? (request.PathAndQuery, "?") : (request.PathAndQuery[..question], request.PathAndQuery[question..]);
        var digest = HttpSignature.ContentDigest(body.Span);
        var parts = new HttpRequestParts(request.Method.Method, _authority, path, query, digest);
        var (input, signature) = HttpSignature.Sign(signer.Signing, signer.KeyId.ToString(), (long)NowSeconds, parts);
        message.Headers.TryAddWithoutValidation(HeaderNames.ContentDigest, digest);
        message.Headers.TryAddWithoutValidation(HeaderNames.SignatureInput, input);
        message.Headers.TryAddWithoutValidation(HeaderNames.Signature, signature);
        return message;
    }

    private static async Task<ProblemJson> ReadProblemAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var body = await ReadAsync(response.Content, 64 * 1024, ct);
        try
        {
            var problem = body is null ? null : JsonSerializer.Deserialize(body, ClientJson.Default.ProblemJson);
            if (problem is not null) return problem;
        }
        catch (JsonException)
        {
            // A proxy's page, perhaps: the status alone is told.
        }
        var retryAfter = response.Headers.RetryAfter?.Delta;
        return new ProblemJson { RetryAfterMs = (long?)retryAfter?.TotalMilliseconds };
    }

    // A server that lies may also send without end: the reader has a bound of its own.
    private static async Task<byte[]?> ReadAsync(HttpContent content, int limit, CancellationToken ct)
    {
        if (content.Headers.ContentLength > limit) return null;
        await using var stream = await content.ReadAsStreamAsync(ct);
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(chunk, ct)) > 0)
        {
            if (buffer.Length + read > limit) return null;
            buffer.Write(chunk, 0, read);
        }
        return buffer.ToArray();
    }

    private static ResiliencePipeline<Answer> BuildResilience(KeyRecoveryOptions options) => options.Attempts <= 1
        ? ResiliencePipeline<Answer>.Empty
        : new ResiliencePipelineBuilder<Answer> { TimeProvider = options.Time }
            .AddRetry(new RetryStrategyOptions<Answer>
            {
                MaxRetryAttempts = options.Attempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                // It refuses a pause of less than nothing, and one of more than a day.
                Delay = options.RetryDelay < TimeSpan.Zero ? TimeSpan.Zero
                    : options.RetryDelay < LongestPause ? options.RetryDelay : LongestPause,
                UseJitter = true,
                MaxDelay = LongestPause,
                ShouldHandle = static args =>
                    ValueTask.FromResult(args.Outcome.Result is Answer.Unreachable || IsPassing(args.Outcome.Result)),
                DelayGenerator = static args => ValueTask.FromResult(WaitAsked(args.Outcome.Result)),
            })
            .Build();

    private static bool IsPassing(Answer? answer) => answer is Answer.Problem problem
        && problem.Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
            or HttpStatusCode.ServiceUnavailable
            or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout
        && (WaitAsked(answer) ?? TimeSpan.Zero) <= LongestPause;

    private static TimeSpan? WaitAsked(Answer? answer) =>
        answer is Answer.Problem { Details.RetryAfterMs: { } ms and >= 0 } ? ToldTime.Wait(ms) : null;
}

/// <summary>One request of the protocol (docs/protocol.md §9.2).</summary>
internal sealed record ApiRequest(HttpMethod Method, string PathAndQuery)
{
    public const string Cbor = "application/cbor";
    public const string Json = "application/json";
    public const string Octets = "application/octet-stream";

    public ReadOnlyMemory<byte> Body { get; init; }

    public string? ContentType { get; init; }

    public string? Token { get; init; }

    /// <summary>The bearer of one side of a link session.</summary>
    public string? LinkBearer { get; init; }

    /// <summary>An entity tag without its quotes.</summary>
    public string? IfNoneMatch { get; init; }

    /// <summary>How many bytes the body of a good answer has at most.</summary>
    public int MostBytes { get; init; } = Limits.RepairBytes + Limits.CommitBodyBytes;

    public static ApiRequest Get(string pathAndQuery) => new(HttpMethod.Get, pathAndQuery);

    public static ApiRequest Post(string path, ReadOnlyMemory<byte> body) =>
        new(HttpMethod.Post, path) { Body = body, ContentType = Cbor };
}
