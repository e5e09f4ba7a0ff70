using System.Net;
using System.Net.Http.Headers;
using KeyRecovery.Api.Options;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Log;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace KeyRecovery.Api.Witnesses;

/// <summary>
/// Asks witnesses over HTTP (C2SP tlog-witness). The address of a policy is a witness's submission prefix, and its
/// monitoring prefix too. All that it sends has a bound: bytes, and the time in which they come.
/// </summary>
internal sealed class HttpWitnesses : IWitnesses, IDisposable
{
    private const string Plain = "text/plain";

    // For one request, and for all that are made for one answer.
    private static readonly TimeSpan Attempt = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan All = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _http;
    private readonly ResiliencePipeline<(HttpStatusCode Status, string? Type, byte[] Body)> _resilience;

    public HttpWitnesses(TimeProvider time)
    {
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = Attempt,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _resilience = new ResiliencePipelineBuilder<(HttpStatusCode Status, string? Type, byte[] Body)>
        {
            TimeProvider = time,
        }
            .AddTimeout(All)
            .AddRetry(new RetryStrategyOptions<(HttpStatusCode Status, string? Type, byte[] Body)>
            {
                MaxRetryAttempts = 1, Delay = Pause, UseJitter = true,
                ShouldHandle = static args => ValueTask.FromResult(
                    args.Outcome.Exception is HttpRequestException or IOException
                    || args.Outcome.Result.Status is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
                        or HttpStatusCode.GatewayTimeout),
            })
            .AddTimeout(Attempt)
            .Build();
    }

    public async ValueTask<WitnessReply> AddAsync(LogPolicyEntry witness, WitnessRequest request, CancellationToken ct)
    {
        var body = request.Encode();
        try
        {
            var (status, type, answer) = await SendAsync(
                () => new HttpRequestMessage(HttpMethod.Post, At(witness, "add-checkpoint"))
                {
                    Content = new ByteArrayContent(body)
                    {
                        Headers = { ContentType = new MediaTypeHeaderValue(Plain) },
                    },
                },
                WitnessAnswer.MaxSize, ct);
            return status switch
            {
                HttpStatusCode.OK when WitnessAnswer.TryParse(answer, out var cosignatures) =>
                    new WitnessReply.Cosigned(cosignatures),
                HttpStatusCode.OK => new WitnessReply.Silent("it answers with what is no cosignature"),
                HttpStatusCode.Conflict when type == WitnessAnswer.SizeType
                    && WitnessAnswer.TryParseSize(answer, out var size) => new WitnessReply.Knows(size),
                HttpStatusCode.Conflict => new WitnessReply.Silent("it refuses a size, and tells none"),
                _ => new WitnessReply.Refused((int)status),
            };
        }
        catch (Exception failure) when (Trouble(failure, ct) is { } why)
        {
            return new WitnessReply.Silent(why);
        }
    }

    public async ValueTask<byte[]?> LastAsync(LogPolicyEntry witness, string origin, CancellationToken ct)
    {
        try
        {
            var (status, _, answer) = await SendAsync(
                () => new HttpRequestMessage(HttpMethod.Get, At(witness, WitnessAnswer.CheckpointPath(origin))),
                SignedNote.MaxSize, ct);
            return status == HttpStatusCode.OK ? answer : null;
        }
        catch (Exception failure) when (Trouble(failure, ct) is not null)
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();

    private static Uri At(LogPolicyEntry witness, string path) =>
        new($"{LogPolicyFile.AddressOf(witness)!.AbsoluteUri.TrimEnd('/')}/{path}");

    // Null for what is no fault of the way: the caller's own end.
    private static string? Trouble(Exception failure, CancellationToken ct) => failure switch
    {
        OperationCanceledException when ct.IsCancellationRequested => null,
        OperationCanceledException or TimeoutRejectedException => "it does not answer in time",
        HttpRequestException { HttpRequestError: var kind } => $"it cannot be reached ({kind})",
        IOException => "the connection to it is lost",
        InvalidDataException => "it answers without end",
        // One of them must not keep the others from being asked.
        _ => $"asking it failed ({failure.GetType().Name})",
    };

    private async Task<(HttpStatusCode Status, string? Type, byte[] Body)> SendAsync(
        Func<HttpRequestMessage> make, int limit, CancellationToken ct) => await _resilience.ExecuteAsync(
        async token =>
        {
            using var request = make();
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
            await using var stream = await response.Content.ReadAsStreamAsync(token);
            // One byte more than there may be: it tells an end from too much.
            var buffer = new byte[limit + 1];
            var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, token);
            if (read > limit) throw new InvalidDataException();
            return (response.StatusCode, response.Content.Headers.ContentType?.MediaType, buffer[..read]);
        },
        ct);
}
