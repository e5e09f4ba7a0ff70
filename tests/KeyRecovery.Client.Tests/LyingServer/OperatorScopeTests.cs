using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// No word in an operator's token reaches a key: every route that the server describes is asked with it, and no answer
/// holds anything that an account has sealed.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class OperatorScopeTests(ServerFixture fixture)
{
    public static TheoryData<string> Scopes =>
        ["keyrecovery.erase", "keyrecovery.keys", "admin * keyrecovery keyrecovery.erase keyrecovery.read"];

    [Theory]
    [MemberData(nameof(Scopes))]
    public async Task Z02_no_scope_of_an_operator_reaches_a_key(string scope)
    {
        await using var scene = await LiarScene.BeginAsync(fixture.Server);
        var (scanner, hash) = await SealedAsync(scene);
        using var http = await OperatorAsync(scope);
        var routes = await RoutesAsync(http);
        Assert.Contains("GET /v1/admin/erasures/{job}", routes);
        var job = scope.Contains("keyrecovery.erase", StringComparison.Ordinal) ? await FileAsync(http, scene) : "none";
        foreach (var route in routes)
        {
            var (method, path) = (route.Split(' ')[0], route.Split(' ')[1]);
            using var request = new HttpRequestMessage(new HttpMethod(method), path
                .Replace("{job}", job, StringComparison.Ordinal).Replace("{hash}", hash, StringComparison.Ordinal)
                .Replace("{manifestHash}", hash, StringComparison.Ordinal)
                .Replace("{id}", scene.OnPhone.Account.ToString(), StringComparison.Ordinal)
                .Replace("{side}", "e", StringComparison.Ordinal).Replace("{seq}", "0", StringComparison.Ordinal)
                .Replace("{path}", "entries/000.p/1", StringComparison.Ordinal)
                .Replace("{nameplate}", "12345", StringComparison.Ordinal));
            if (method is "POST" or "PUT") request.Content = JsonContent.Create(new { subject = "nobody" });
            using var answer = await http.SendAsync(request);
            var body = await answer.Content.ReadAsByteArrayAsync();
            Assert.Empty(scanner.Scan(route, body));
            if (path.Contains("/admin/", StringComparison.Ordinal)) AssertHoldsReceiptsAlone(body);
            else Assert.True(!answer.IsSuccessStatusCode || IsPublic(path), $"{route}: {answer.StatusCode}");
        }
        Assert.True(scanner.Scanned > 1000);
    }

    [Fact]
    public async Task Z02_negative_control_what_a_device_gets_is_found()
    {
        await using var scene = await LiarScene.BeginAsync(fixture.Server);
        var (scanner, _) = await SealedAsync(scene);
        Assert.Equal(3, scanner.Scan("vault", (await scene.TruthAsync()).Encode()).Count());
        byte[] item = [];
        scene.Liar.Lie = (_, truth) =>
        {
            item = truth.Body;
            return truth;
        };
        TestDevice.Value(await scene.OnPhone.GetAsync("identity"));
        Assert.Single(scanner.Scan("item", item));
        // In JSON, too: in both alphabets, where the text has no character that only one of them has.
        Assert.NotEmpty(scanner.Scan("item", Encoding.ASCII.GetBytes($"{{\"key\":\"{Base64UrlText.Encode(item)}\"}}")));
    }

    private static bool IsPublic(string path) =>
        path.StartsWith("/health/", StringComparison.Ordinal) || path.StartsWith("/audit/", StringComparison.Ordinal)
        || path is "/v1/config" or "/v1/realm" or "/v1/jwks";

    /// <summary>Looks for what the account has sealed: both seals, the manifest's part, and its item.</summary>
    private static async Task<(CanaryScanner Scanner, string ItemHash)> SealedAsync(LiarScene scene)
    {
        var truth = await scene.TruthAsync();
        var manifest = SignedManifest.Decode(truth.Manifest).Manifest;
        byte[] item = [];
        scene.Liar.Lie = (_, told) =>
        {
            item = told.Body;
            return told;
        };
        TestDevice.Value(await scene.OnPhone.GetAsync("identity"));
        scene.Liar.Lie = null;
        return (new CanaryScanner(
        [
            .. Keyset.Decode(truth.Keysets[0]).Entries
                .Select(e => new Canary($"seal of {e.Id}", e.Seal[^32..].ToArray())),
            new Canary("private", manifest.Private[^32..].ToArray()), new Canary("item", item[^32..]),
        ]), manifest.Items[0].Hash.ToString());
    }

    // What an operator gets for a person: whether it is done, and a receipt that speaks for itself.
    private static void AssertHoldsReceiptsAlone(byte[] body)
    {
        foreach (var text in Encoding.UTF8.GetString(body).Split('"').Where(t => t.Length > 64))
        {
            Assert.True(Base64UrlText.TryDecodeUpTo(text, SignedErasureReceipt.MaxSize, out var bytes), text);
            SignedErasureReceipt.Decode(bytes);
        }
    }

    private static async Task<List<string>> RoutesAsync(HttpClient http)
    {
        var described = await http.GetFromJsonAsync<JsonElement>("/openapi/v1.json");
        return [.. described.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()
            .Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}"))];
    }

    private static async Task<string> FileAsync(HttpClient http, LiarScene scene)
    {
        using var lines = new StringContent(
            $"{{\"subject\":\"{scene.Subject}\"}}\n", Encoding.UTF8, "application/x-ndjson");
        using var filed = await http.PostAsync("/v1/admin/erasures", lines);
        var job = (await filed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("job").GetString()!;
        for (var i = 0; i < 600; i++)
        {
            var report = await http.GetFromJsonAsync<JsonElement>($"/v1/admin/erasures/{job}");
            if (report.GetProperty("state").GetString() == "done") return job;
            await Task.Delay(50);
        }
        throw new TimeoutException("the erasure does not end");
    }

    private async Task<HttpClient> OperatorAsync(string scope)
    {
        var http = new HttpClient { BaseAddress = fixture.Server.Address };
        using var told = await http.PostAsJsonAsync("/v1/dev/tokens", new { subject = "officer", scope });
        var token = (await told.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }
}
