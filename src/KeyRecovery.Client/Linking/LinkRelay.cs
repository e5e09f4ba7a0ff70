using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Linking;

/// <summary>
/// One side of a session on the relay (docs/protocol.md §13.4): where messages go, and where they come from.
/// </summary>
internal sealed class LinkRelay
{
    private const int BearerSize = 32;

    private readonly ApiTransport _transport;
    private readonly string _session;
    private readonly string _bearer;
    private readonly (char Own, char Other) _side;

    private LinkRelay(ApiTransport transport, LinkSessionId session, string bearer, (char Own, char Other) side) =>
        (_transport, _session, _bearer, _side) = (transport, session.ToString(), bearer, side);

    /// <summary>How long the session lived when the server said so.</summary>
    public TimeSpan ExpiresIn { get; private set; }

    /// <summary>Opens a session as the device that displays.</summary>
    public static async Task<Result<LinkRelay>> OpenAsync(
        ApiTransport transport, DeviceKeys signer, LinkCode code, (string Nameplate, byte[] Envelope)? typed,
        KeyRecoveryOptions options, CancellationToken ct)
    {
        var (bearer, hash) = NewBearer(options.Random);
        using var token = code.DeriveJoinToken();
        var body = new OpenLinkJson(
            code.SessionId.ToString(), Hash256.Of(token.Span).ToString(), hash, typed?.Nameplate,
            typed is { } envelope ? Base64Url.EncodeToString(envelope.Envelope) : null);
        var answer = await transport.SendAsync(Post("/v1/links", body, ClientJson.Default.OpenLinkJson), signer, ct);
        var relay = new LinkRelay(transport, code.SessionId, bearer, ('e', 'n'));
        var begun = Begun(answer, relay);
        // It may be open all the same, and a device has few.
        if (Outcome.Of(answer, ClientJson.Default.LinkExpiryJson) is Outcome<LinkExpiryJson>.Unknown)
            await new LinkRun(options, relay, ct).EndAsync();
        return begun;
    }

    /// <summary>Claims a session as the device that scanned.</summary>
    public static async Task<Result<LinkRelay>> ClaimAsync(
        ApiTransport transport, LinkCode code, IRandom random, CancellationToken ct)
    {
        var (bearer, hash) = NewBearer(random);
        using var token = code.DeriveJoinToken();
        var body = new ClaimLinkJson(Base64Url.EncodeToString(token.Span), hash);
        var answer = await transport.SendAsync(
            Post($"/v1/links/{code.SessionId}/claim", body, ClientJson.Default.ClaimLinkJson), null, ct);
        return Begun(answer, new LinkRelay(transport, code.SessionId, bearer, ('n', 'e')));
    }

    /// <summary>Reads and opens the envelope of a typed code.</summary>
    public static async Task<Result<LinkCode>> FindAsync(
        ApiTransport transport, string app, TypedLinkCode typed, CancellationToken ct)
    {
        var answer = await transport.SendAsync(ApiRequest.Get($"/v1/links/nameplates/{typed.Nameplate}"), null, ct);
        if (answer is not Answer.Success) return FailureOf(answer);
        var read = answer.Read(ClientJson.Default.LinkEnvelopeJson);
        if (read is not Result<LinkEnvelopeJson>.Ok { Value.Envelope: { } text })
            return ((Result<LinkEnvelopeJson>.Failed)read).Failure;
        if (!Base64UrlText.TryDecode(text, TypedLinkCode.EnvelopeSize, out var envelope))
            return new ClientFailure.ServerLied(ProtocolFault.Malformed);
        return await Task.Run(() => typed.OpenEnvelope(app, envelope), ct) switch
        {
            LinkCodeParse.Ok ok => ok.Code,
            LinkCodeParse.UnknownVersion => new ClientFailure.UpgradeRequired(),
            _ => new ClientFailure.WrongLinkCode(),
        };
    }

    /// <summary>Puts this side's message of a number. Null where the relay has it.</summary>
    public async Task<ClientFailure?> PutAsync(int number, ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        var answer = await SendAsync(
            new ApiRequest(HttpMethod.Put,
                $"/v1/links/{_session}/{_side.Own}/{number}") { Body = message, ContentType = ApiRequest.Octets }, ct);
        return Outcome.Of(answer).Failure is null ? null : FailureOf(answer);
    }

    /// <summary>Waits for the other side's message of a number: 204 where none came in time.</summary>
    public Task<Answer> GetAsync(int number, TimeSpan wait, CancellationToken ct) =>
        SendAsync(
            ApiRequest.Get($"/v1/links/{_session}/{_side.Other}/{number}?waitMs={(int)wait.TotalMilliseconds}"), ct);

    /// <summary>Ends the session.</summary>
    public Task<Answer> DeleteAsync(CancellationToken ct) =>
        SendAsync(new ApiRequest(HttpMethod.Delete, $"/v1/links/{_session}"), ct);

    /// <summary>What a refusal of the relay means.</summary>
    public static ClientFailure FailureOf(Answer answer) => answer switch
    {
        Answer.Problem { Type: ProblemTypes.LinkContested } => new ClientFailure.LinkContested(),
        Answer.Problem { Type: ProblemTypes.NotFound } => new ClientFailure.LinkGone(),
        _ => Failures.Of(answer),
    };

    private Task<Answer> SendAsync(ApiRequest request, CancellationToken ct) =>
        _transport.SendAsync(request with { LinkBearer = _bearer }, null, ct);

    private static Result<LinkRelay> Begun(Answer answer, LinkRelay relay)
    {
        if (Outcome.Of(answer, ClientJson.Default.LinkExpiryJson) is not Outcome<LinkExpiryJson>.Done begun)
            return FailureOf(answer);
        relay.ExpiresIn = ToldTime.Wait(begun.Told.ExpiresInMs);
        return relay;
    }

    private static (string Bearer, string Hash) NewBearer(IRandom random)
    {
        using var bearer = SecretBytes.Random(BearerSize, random);
        return (Base64Url.EncodeToString(bearer.Span), Hash256.Of(bearer.Span).ToString());
    }

    private static ApiRequest Post<T>(string path, T body, JsonTypeInfo<T> type) =>
        new(HttpMethod.Post, path) {
            Body = JsonSerializer.SerializeToUtf8Bytes(body, type), ContentType = ApiRequest.Json,
        };
}
