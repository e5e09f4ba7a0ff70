using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Hosting;

/// <summary>A real issuer that changes its key, goes away and comes back.</summary>
public sealed class IssuerRotationTests
{
    private static Dictionary<string, string> Settings(LocalIssuer issuer) => new()
    {
        ["Apps:0:Id"] = "demo", ["Apps:0:Issuer"] = issuer.Address, ["Apps:0:Audience"] = "demo",
        ["Apps:0:Authority"] = issuer.Address,
        ["Operators:0:App"] = "demo", ["Operators:0:Issuer"] = issuer.Address,
        ["Operators:0:Audience"] = "staff", ["Operators:0:Authority"] = issuer.Address,
    };

    private static async Task<HttpStatusCode> AskAsync(TestHost host, string token, string path = "/v1/recovery/slots")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path)
        {
            Headers = { Authorization = new("Bearer", token) },
        };
        using var answer = await host.Client.SendAsync(request);
        return answer.StatusCode;
    }

    // Where a machine is so busy that the issuer has not answered in time, and the server's log says so, a client comes
    // again. Any other 503 is told.
    private static async Task<HttpStatusCode> AskAgainAsync(TestHost host, string token)
    {
        for (var attempt = 0; attempt < 10; attempt++)
        {
            if (await AskAsync(host, token) is var status && (status != HttpStatusCode.ServiceUnavailable
                || !host.ReadLog().Contains("IssuerDown", StringComparison.Ordinal))) return status;
            await Task.Delay(FetchedKeys.Least);
        }

        return HttpStatusCode.ServiceUnavailable;
    }

    private static async Task<(HttpStatusCode Status, string Issuers)> ReadyAsync(TestHost host)
    {
        using var answer = await host.Client.GetAsync("/health/ready");
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return (answer.StatusCode, body.GetProperty("checks").GetProperty("issuers").GetString()!);
    }

    [Fact]
    public async Task A_key_that_changes_twice_refuses_nobody_and_made_up_ones_fetch_no_more_for_it()
    {
        await using var issuer = await LocalIssuer.StartAsync();
        await using var host = await TestHost.StartAsync(Settings(issuer));
        // Nobody has an account: a token that holds is told so, and one that does not is refused.
        Assert.Equal(HttpStatusCode.NotFound, await AskAgainAsync(host, issuer.Token("anna")));
        var (before, clock) = (issuer.Fetches, Stopwatch.StartNew());
        for (var rotation = 0; rotation < 2; rotation++)
        {
            issuer.Rotate();
            var strangers = Enumerable.Range(0, 20)
                .Select(i => AskAgainAsync(host, issuer.Token("eve", kid: $"made-up-{i}")));
            var users = Enumerable.Range(0, 20).Select(i => AskAgainAsync(host, issuer.Token($"user {i}")));
            var (refused, held) = (Task.WhenAll(strangers), Task.WhenAll(users));
            Assert.All(await held, status => Assert.Equal(HttpStatusCode.NotFound, status));
            Assert.All(await refused, status => Assert.Equal(HttpStatusCode.Unauthorized, status));
        }

        // One in so many seconds, and one more: however long a busy machine takes.
        Assert.InRange(issuer.Fetches - before, 2, 1 + (int)Math.Ceiling(clock.Elapsed / FetchedKeys.Least));
        Assert.Equal((HttpStatusCode.OK, "ok"), await ReadyAsync(host));

        // An operator whose key is gone is refused by then: it was signed with by its own name.
        var old = issuer.Token("officer", "staff", "keyrecovery.erase");
        issuer.Rotate();
        Assert.Equal(HttpStatusCode.NotFound, await AskAgainAsync(host, issuer.Token("anna")));
        Assert.Equal(
            HttpStatusCode.Unauthorized, await AskAsync(host, old, $"/v1/admin/erasures/{new string('A', 22)}"));
    }

    [Fact]
    public async Task An_issuer_that_is_away_fails_new_keys_alone_and_readiness_says_it()
    {
        await using var issuer = await LocalIssuer.StartAsync();
        await using var host = await TestHost.StartAsync(Settings(issuer));
        var known = issuer.Token("anna");
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync(host, known));
        await issuer.StopAsync();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await AskAsync(host, issuer.Token("ben", kid: "newer")));
        Assert.Equal((HttpStatusCode.OK, "down"), await ReadyAsync(host));
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync(host, issuer.Token("clara")));
        var log = host.ReadLog();
        Assert.Contains("IssuerDown", log, StringComparison.Ordinal);
        // To strangers it has no name.
        Assert.DoesNotContain(new Uri(issuer.Address).Authority,
            await host.Client.GetStringAsync("/health/ready"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_a_token_failed_is_one_line_without_token_and_subject()
    {
        await using var issuer = await LocalIssuer.StartAsync();
        await using var host = await TestHost.StartAsync(Settings(issuer));
        var markup = "\u202e<script>\n\0'\"" + new string('x', 200);
        var tokens = new Dictionary<string, string>
        {
            ["UnknownKey"] = issuer.Token("secret-anna", kid: "gone-" + markup),
            ["NoSource"] = issuer.Token("secret-anna", issuer: "https://elsewhere.example/" + markup),
            ["Time"] = issuer.Token("secret-anna", expires: 1_000_000_000),
            ["Signature"] = issuer.Token("secret-anna")[..^4] + "AAAA",
            ["Subject"] = issuer.Token(""),
            ["Malformed"] = "nonsense",
        };
        foreach (var (_, token) in tokens)
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(host, token));
        var lines = host.ReadLog().Split('\n').Where(line => line.Contains("TokenRefused", StringComparison.Ordinal))
            .ToList();
        Assert.Equal(tokens.Count, lines.Count);
        foreach (var why in tokens.Keys)
            Assert.Single(lines, line => line.Contains($"\"Why\":\"{why}\"", StringComparison.Ordinal));
        var all = string.Join('\n', lines);
        foreach (var part in tokens.Values.SelectMany(token => token.Split('.')).Where(part => part.Length > 20))
            Assert.DoesNotContain(part, all, StringComparison.Ordinal);
        foreach (var not in new[] { "secret", "<script", "u003c", "\u202e", "u202e", "u0000", new string('x', 120) })
            Assert.DoesNotContain(not, all, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(issuer.Address, all, StringComparison.Ordinal);
    }
}
