using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Linking;

/// <summary>Both sides of one session over HTTP, requests made by hand.</summary>
internal sealed class RelayClient(TestAccount account, string? nameplate = null)
{
    private readonly byte[] _token = RandomNumberGenerator.GetBytes(32);

    public string Id { get; init; } = Base64UrlText.Encode(RandomNumberGenerator.GetBytes(16));

    public byte[] Existing { get; } = RandomNumberGenerator.GetBytes(32);

    public byte[] New { get; } = RandomNumberGenerator.GetBytes(32);

    public string? Envelope { get; } = nameplate is null
        ? null : Base64UrlText.Encode(RandomNumberGenerator.GetBytes(105));

    public string JoinToken => Base64UrlText.Encode(_token);

    public object Opening => nameplate is null
        ? new { sessionId = Id, joinTokenHash = HashOf(_token), bearerHash = HashOf(Existing) }
        : new { sessionId = Id, joinTokenHash = HashOf(_token), bearerHash = HashOf(Existing), nameplate,
            envelope = Envelope };

    public static string HashOf(byte[] bytes) => Hash256.Of(bytes).ToString();

    public Task<HttpResponseMessage> OpenAsync(Party? by = null, object? body = null) => account.SendAsync(
        by ?? account.Phone, HttpMethod.Post, "/v1/links", JsonSerializer.SerializeToUtf8Bytes(body ?? Opening),
        "application/json");

    public async Task<HttpResponseMessage> ClaimAsync(
        string? token = null, byte[]? bearer = null, string? forwardedFor = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/links/{Id}/claim");
        request.Content =
            JsonContent.Create(new { joinToken = token ?? JoinToken, bearerHash = HashOf(bearer ?? New) });
        if (forwardedFor is not null) request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwardedFor);
        return await account.Host.Client.SendAsync(request);
    }

    public async Task<RelayClient> ClaimedAsync()
    {
        using var opened = await OpenAsync();
        Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
        using var claimed = await ClaimAsync();
        Assert.Equal(HttpStatusCode.OK, claimed.StatusCode);
        return this;
    }

    public Task<HttpResponseMessage> PutAsync(
        char side, int sequence, byte[] message, byte[]? bearer = null, string type = "application/octet-stream") =>
        SendAsync(HttpMethod.Put, $"/{side}/{sequence}", bearer ?? (side == 'e' ? Existing : New), message, type);

    /// <summary>Reads a side's message as the other side.</summary>
    public Task<HttpResponseMessage> GetAsync(char side, int sequence, string query = "", byte[]? bearer = null) =>
        SendAsync(HttpMethod.Get, $"/{side}/{sequence}{query}", bearer ?? (side == 'e' ? New : Existing));

    public Task<HttpResponseMessage> EndAsync(byte[] bearer) => SendAsync(HttpMethod.Delete, "", bearer);

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string target, byte[] bearer, byte[]? body = null, string type = "application/octet-stream")
    {
        using var request = new HttpRequestMessage(method, $"/v1/links/{Id}{target}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Link", Base64UrlText.Encode(bearer));
        if (body is not null)
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
        return await account.Host.Client.SendAsync(request);
    }
}
