using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing.Realms;

/// <summary>Talks to a realm without an SDK: each request as a test wants it, each answer verified.</summary>
/// <param name="http">Its base address is the realm's.</param>
/// <param name="realm">The realm's keys.</param>
/// <param name="token">The app token, where one is needed.</param>
public sealed class TestRealmClient(HttpClient http, RealmIdentity realm, string? token)
{
    /// <summary>The realm's keys.</summary>
    public RealmIdentity Realm => realm;

    /// <summary>The app token, or null.</summary>
    public string? Token => token;

    /// <summary>The same realm, for the bearer of another token.</summary>
    public TestRealmClient As(string? other) => new(http, realm, other);

    /// <summary>Reads the realm's keys from <c>GET /v1/realm</c>.</summary>
    public static async Task<TestRealmClient> ConnectAsync(HttpClient http, string? token)
    {
        var told = await http.GetFromJsonAsync<JsonElement>("/v1/realm");
        byte[] Read(string name) => Base64Url.DecodeFromChars(told.GetProperty(name).GetString());
        var realm = new RealmIdentity(new VerifyKey(Read("signingKey")), new KemPublicKey(Read("kemKey")));
        return realm.Fingerprint.ToString() == told.GetProperty("fingerprint").GetString()
            ? new TestRealmClient(http, realm, token)
            : throw new InvalidOperationException("the fingerprint is not that of the keys");
    }

    /// <summary>Registers a share.</summary>
    public Task<TestRealmAnswer> RegisterAsync(TestRealmSlot slot, int share = 0) =>
        SendAsync("register", slot.Id, slot.Registration(realm, share), token);

    /// <summary>Guesses.</summary>
    public Task<TestRealmAnswer> GuessAsync(TestGuess guess) =>
        SendAsync("evaluate", guess.Request.Slot, guess.Body, token);

    /// <summary>Guesses a new wrong passphrase.</summary>
    public Task<TestRealmAnswer> GuessAsync(TestRealmSlot slot) => GuessAsync(slot.Guess());

    /// <summary>Resets.</summary>
    public Task<TestRealmAnswer> ResetAsync(
        TestRealmSlot slot, AttemptId attempt, SigningKey? signer = null, ulong round = 0) =>
        SendAsync("reset", slot.Id, slot.Reset(realm, attempt, signer, round), null);

    /// <summary>Commands.</summary>
    public Task<TestRealmAnswer> CommandAsync(
        TestRealmSlot slot, RealmAction action, ulong count = 0, SigningKey? signer = null) =>
        SendAsync("command", slot.Id, slot.Command(realm, action, count, signer), null);

    /// <summary>Reads the status.</summary>
    public Task<TestRealmAnswer> StatusAsync(TestRealmSlot slot) => CommandAsync(slot, RealmAction.Status);

    /// <summary>Sends any body.</summary>
    public async Task<TestRealmAnswer> SendAsync(
        string verb, AuthorityId slot, byte[] body, string? bearer, string type = "application/cbor")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/realm/{verb}")
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } },
        };
        if (bearer is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        using var response = await http.SendAsync(request);
        var answer = await response.Content.ReadAsByteArrayAsync();
        if (!response.IsSuccessStatusCode)
            return new TestRealmAnswer(response.StatusCode, null, JsonSerializer.Deserialize<JsonElement>(answer));

        var (status, fault) = RealmStatus.Read(answer, realm, slot, body);
        return status is not null
            ? new TestRealmAnswer(response.StatusCode, status, default)
            : throw new InvalidOperationException($"the realm's answer does not hold: {fault}");
    }
}
