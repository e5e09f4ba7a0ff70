using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>Who may give an account another user, and to whom.</summary>
public sealed class MoveRouteTests
{
    private const string Scope = "keyrecovery.move";

    private static readonly Dictionary<string, string> TwoApps = new()
    {
        ["Apps:0:Id"] = "demo", ["Apps:0:Issuer"] = "urn:keyrecovery:development", ["Apps:0:Audience"] = "demo",
        ["Apps:1:Id"] = "other", ["Apps:1:Issuer"] = "urn:keyrecovery:development", ["Apps:1:Audience"] = "other",
    };

    [Fact]
    public async Task An_account_goes_to_the_new_name_with_a_leaf_and_to_nobody_else()
    {
        await using var host = await TestHost.StartAsync(TwoApps);
        var (account, other) = (await TestAccount.CreateAsync(host), await TestAccount.CreateAsync(host));
        var officer = await Officer.TokenAsync(host, "demo", Scope);
        const string Strange = "\u202e<b>anna</b> \u0001 🐈";

        // Whoever may not: by status and nothing more.
        using (var answer = await MoveAsync(host, null, account, new { subject = Strange }))
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        using (var answer = await MoveAsync(
            host, await host.TokenAsync(account.Subject), account, new { subject = Strange }))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.Unauthorized, "token-invalid");
        using (var answer = await MoveAsync(
            host, await Officer.TokenAsync(host, "demo", "keyrecovery.erase"), account, new { subject = Strange }))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.Forbidden, "forbidden", "scope");
        using (var answer = await MoveAsync(
            host, await Officer.TokenAsync(host, "other", Scope), account, new { subject = Strange }))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.NotFound, "not-found");

        // To whom it may not go.
        using (var answer = await MoveAsync(host, officer, account, new { subject = other.Subject }))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.Conflict, "account-exists", "subject");
        using (var answer = await MoveAsync(host, officer, account, new { issuer = "https://elsewhere.example" }))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.BadRequest, "malformed", "issuer");
        foreach (var subject in new[] { "", new string('é', 129) })
            using (var answer = await MoveAsync(host, officer, account, new { subject }))
                await ProblemAssert.IsAsync(answer, HttpStatusCode.BadRequest, "malformed", "subject");
        foreach (var body in new[] { "{\"subject\":\"\\ud800\"}", "{\"subject\":\"a\",\"subject\":\"b\"}", "[]", "{" })
            using (var answer = await SendAsync(host, officer, account.Id.ToString(), body))
                Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        using (var answer = await SendAsync(host, officer, "nonsense", "{\"subject\":\"a\"}"))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.NotFound, "not-found");
        Assert.Equal(HttpStatusCode.OK, await SlotsAsync(host, account.Subject));

        foreach (var moved in new[] { true, false })
        {
            using var answer = await MoveAsync(host, officer, account, new { subject = Strange });
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(
                moved, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("moved").GetBoolean());
        }

        Assert.Equal(HttpStatusCode.NotFound, await SlotsAsync(host, account.Subject));
        Assert.Equal(HttpStatusCode.OK, await SlotsAsync(host, Strange));
        Assert.Equal(HttpStatusCode.OK, await SlotsAsync(host, other.Subject));
        using (var answer = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault"))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.DoesNotContain("anna", host.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_of_a_renamed_issuer_finds_the_account_and_makes_no_second_one()
    {
        using var directory = new TempDirectory();
        await using var issuer = await LocalIssuer.StartAsync();
        Dictionary<string, string> settings = new()
        {
            ["Apps:0:Id"] = "demo", ["Apps:0:Audience"] = "demo", ["Apps:0:Issuer"] = "https://old.example",
            ["Apps:0:Authority"] = issuer.Address,
        };
        var (phone, code) = (Party.Device(), Party.Code());
        await using (var host = await TestHost.StartAsync(settings, directory: directory))
        {
            using var made = await host.CreateAccountAsync(
                issuer.Token("anna", issuer: "https://old.example"), phone.Begin("demo", code).Encode());
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        }

        settings["Apps:0:Issuer"] = "https://new.example";
        settings["Apps:0:FormerIssuers:0"] = "https://old.example";
        await using (var host = await TestHost.StartAsync(settings, directory: directory))
        {
            foreach (var name in new[] { "https://new.example", "https://old.example" })
            {
                Assert.Equal(HttpStatusCode.OK, await AskAsync(host, issuer.Token("anna", issuer: name)));
                using var second = await host.CreateAccountAsync(
                    issuer.Token("anna", issuer: name), Party.Device().Begin("demo", Party.Code()).Encode());
                await ProblemAssert.IsAsync(second, HttpStatusCode.Conflict, "account-exists");
            }

            // Moved by the server itself, which says it when it is done.
            while (!host.ReadLog().Contains("IssuerMoved", StringComparison.Ordinal)) await Task.Delay(20);
        }

        settings.Remove("Apps:0:FormerIssuers:0");
        await using var after = await TestHost.StartAsync(settings, directory: directory);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(after, issuer.Token("anna", issuer: "https://new.example")));
        Assert.Equal(
            HttpStatusCode.Unauthorized, await AskAsync(after, issuer.Token("anna", issuer: "https://old.example")));
    }

    private static async Task<HttpStatusCode> SlotsAsync(TestHost host, string subject) =>
        await AskAsync(host, await host.TokenAsync(subject));

    private static async Task<HttpStatusCode> AskAsync(TestHost host, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/recovery/slots")
        {
            Headers = { Authorization = new("Bearer", token) },
        };
        using var answer = await host.Client.SendAsync(request);
        return answer.StatusCode;
    }

    private static Task<HttpResponseMessage> MoveAsync(
        TestHost host, string? token, TestAccount account, object body) =>
        SendAsync(host, token, account.Id.ToString(), JsonSerializer.Serialize(body));

    private static async Task<HttpResponseMessage> SendAsync(
        TestHost host, string? token, string account, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/admin/accounts/{account}/move")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        return await host.Client.SendAsync(request);
    }
}
