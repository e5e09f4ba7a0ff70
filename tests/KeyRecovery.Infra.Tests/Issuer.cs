using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Web;
using KeyRecovery.Testing.Emulators;

namespace KeyRecovery.Infra.Tests;

/// <summary>An OpenID provider, as an app and a back end meet it: <c>Emulators/oidc</c>.</summary>
internal sealed class Issuer : IDisposable
{
    private const string SignedIn = "org.example.messenger:/signed-in";

    private readonly NodeEmulator _program;

    private Issuer(NodeEmulator program) => _program = program;

    /// <summary>What its tokens say as <c>iss</c>.</summary>
    public string Name => $"http://127.0.0.1:{_program.Ports[0]}";

    public static async Task<Issuer> StartAsync() => new(await NodeEmulator.StartAsync("oidc"));

    /// <summary>A user's access token (RFC 6749, 4.1, with RFC 7636): the log-in page, consent, the code.</summary>
    public async Task<string> SignInAsync(string user)
    {
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(Name),
        };
        var verifier = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        var next = await NextAsync(browser.GetAsync(
            $"/auth?client_id=messenger&response_type=code&scope=openid&redirect_uri={SignedIn}"
                + $"&code_challenge={challenge}&code_challenge_method=S256"));
        for (var steps = 0; !next.StartsWith(SignedIn, StringComparison.Ordinal) && steps < 8; steps++)
        {
            next = next.Contains("/interaction/", StringComparison.Ordinal)
                ? await NextAsync(browser.PostAsync(next, new FormUrlEncodedContent(
                    (await browser.GetStringAsync(next)).Contains("value=\"login\"", StringComparison.Ordinal)
                        ? [new("prompt", "login"), new("login", user), new("password", "any")]
                        : [new("prompt", "consent")])))
                : await NextAsync(browser.GetAsync(next));
        }

        var code = HttpUtility.ParseQueryString(next[next.IndexOf('?', StringComparison.Ordinal)..])["code"];
        return await TokenAsync(new HttpRequestMessage(), [
            new("grant_type", "authorization_code"), new("client_id", "messenger"), new("code", code),
            new("redirect_uri", SignedIn), new("code_verifier", verifier),
        ]);
    }

    /// <summary>A back end's access token (RFC 6749, 4.4).</summary>
    public Task<string> OfficersTokenAsync(string scope) => TokenAsync(
        new HttpRequestMessage
        {
            Headers =
            {
                Authorization = new AuthenticationHeaderValue(
                    "Basic", Convert.ToBase64String("officers:of-a-test"u8.ToArray())),
            },
        },
        [
            new("grant_type", "client_credentials"), new("scope", scope),
            new("resource", "https://keys.example.org/admin"),
        ]);

    /// <summary>It makes a new key, publishes it beside the old one, and signs with it.</summary>
    public Task ReplaceKeyAsync() => DoAsync("/keys/next");

    /// <summary>It publishes its newest key alone.</summary>
    public Task RetireKeysAsync() => DoAsync("/keys/retire");

    public void Dispose() => _program.Dispose();

    private async Task DoAsync(string path)
    {
        using var http = new HttpClient();
        (await http.PostAsync(new Uri(Name + path), null)).EnsureSuccessStatusCode();
    }

    private async Task<string> TokenAsync(
        HttpRequestMessage request, IEnumerable<KeyValuePair<string, string?>> form)
    {
        using var http = new HttpClient();
        (request.Method, request.RequestUri) = (HttpMethod.Post, new Uri(Name + "/token"));
        request.Content = new FormUrlEncodedContent(form);
        using var answer = await http.SendAsync(request);
        var told = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(answer.IsSuccessStatusCode, told.ToString());
        return told.GetProperty("access_token").GetString()!;
    }

    private static async Task<string> NextAsync(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        Assert.True(answer.StatusCode is HttpStatusCode.SeeOther or HttpStatusCode.Found,
            await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!.OriginalString;
    }
}
