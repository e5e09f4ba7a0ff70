using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>A list of moves: what each line comes to, dry and done, once and again, and who may send it.</summary>
public sealed class BulkMoveRouteTests
{
    private const string Scope = "keyrecovery.move";
    private const string Strange = "\u202e<b>anna</b> \u0001 🐈";

    private static readonly Dictionary<string, string> TwoApps = new()
    {
        ["Apps:0:Id"] = "demo", ["Apps:0:Issuer"] = "urn:keyrecovery:development", ["Apps:0:Audience"] = "demo",
        ["Apps:1:Id"] = "other", ["Apps:1:Issuer"] = "urn:keyrecovery:development", ["Apps:1:Audience"] = "other",
    };

    [Fact]
    public async Task A_dry_run_tells_what_each_line_comes_to_and_again_is_the_same()
    {
        await using var host = await TestHost.StartAsync(TwoApps);
        var people = new List<TestAccount>();
        for (var i = 0; i < 5; i++) people.Add(await TestAccount.CreateAsync(host));
        var (one, two, kept, gone, held) = (people[0], people[1], people[2], people[3], people[4]);
        await Officer.RunAsync(host, await Officer.TokenAsync(host, "demo"), gone.Subject);
        await HoldAsync(host, held);
        var officer = await Officer.TokenAsync(host, "demo", Scope);
        object[] moves =
        [
            new { subject = one.Subject, to = Strange }, new { subject = two.Subject, to = kept.Subject },
            new { subject = "nobody", to = "nobody else" }, new { subject = gone.Subject, to = "somebody" },
            new { subject = held.Subject, to = "still held" },
        ];
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(
                ["moved", "taken", "unknown", "unknown", "moved"], await MovedAsync(host, officer, true, moves));
            Assert.Equal(HttpStatusCode.OK, await SlotsAsync(host, one.Subject));
            Assert.Equal(HttpStatusCode.NotFound, await SlotsAsync(host, Strange));
        }

        // Another app's back end finds nobody by these names.
        Assert.All(
            await MovedAsync(host, await Officer.TokenAsync(host, "other", Scope), false, moves),
            outcome => Assert.Equal("unknown", outcome));
        Assert.Equal(["moved", "taken", "unknown", "unknown", "moved"], await MovedAsync(host, officer, false, moves));
        foreach (var dry in new[] { true, false })
            Assert.Equal(["same", "taken", "unknown", "unknown", "same"], await MovedAsync(host, officer, dry, moves));
        Assert.Equal(HttpStatusCode.NotFound, await SlotsAsync(host, one.Subject));
        Assert.Equal(HttpStatusCode.OK, await SlotsAsync(host, Strange));
        foreach (var person in new[] { one, two, kept, held })
            using (var answer = await person.SendAsync(person.Phone, HttpMethod.Get, "/v1/vault"))
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        // The hold goes along.
        var report = await Officer.FileAsync(host, await Officer.TokenAsync(host, "demo"), "still held");
        Assert.Equal(HttpStatusCode.Accepted, report.StatusCode);
        report.Dispose();
        Assert.Equal(HttpStatusCode.OK, await SlotsAsync(host, "still held"));
        Assert.DoesNotContain("anna", host.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_not_and_what_is_no_list_moves_nobody()
    {
        await using var host = await TestHost.StartAsync(TwoApps);
        var (account, officer) = (await TestAccount.CreateAsync(host), await Officer.TokenAsync(host, "demo", Scope));
        var subject = account.Subject;
        var good = JsonSerializer.Serialize(new { dryRun = false, moves = new[] { new { subject, to = "a" } } });
        using (var answer = await SendAsync(host, null, good))
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        using (var answer = await SendAsync(host, await host.TokenAsync(subject), good))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.Unauthorized, "token-invalid");
        using (var answer = await SendAsync(host, await Officer.TokenAsync(host, "demo", "keyrecovery.erase"), good))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.Forbidden, "forbidden", "scope");

        object[] wrong =
        [
            new { subject, to = "" }, new { subject, to = new string('é', 129) }, new { subject = "" },
            new { subject, issuer = "https://elsewhere.example" }, new { subject = "first" },
            new { subject, to = "first" },
        ];
        foreach (var line in wrong)
        {
            object[] moves = [new { subject = "first" }, line];
            var body = JsonSerializer.Serialize(new { dryRun = false, moves });
            using var answer = await SendAsync(host, officer, body);
            await ProblemAssert.IsAsync(answer, HttpStatusCode.BadRequest, "malformed", "line 2");
        }

        var many = Enumerable.Range(0, 201).Select(i => new { subject = $"many {i}" });
        foreach (var body in new[]
        {
            JsonSerializer.Serialize(new { moves = new[] { new { subject, to = "a" } } }),
            JsonSerializer.Serialize(new { dryRun = false, moves = many }), "{\"dryRun\":false,\"moves\":[]}",
            "{\"dryRun\":false,\"moves\":[null]}", "{\"dryRun\":false,\"moves\":[{\"subject\":\"\\ud800\"}]}", "[]",
        })
            using (var answer = await SendAsync(host, officer, body))
                Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await SlotsAsync(host, subject));
        // The control: what differs from these is moved.
        using (var answer = await SendAsync(host, officer, good)) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, await SlotsAsync(host, subject));
    }

    private static async Task HoldAsync(TestHost host, TestAccount account)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/admin/accounts/{account.Id}/hold")
        {
            Content = JsonContent.Create(new { reason = "a court's order", reference = "case" }),
            Headers = { Authorization = new("Bearer", await Officer.TokenAsync(host, "demo", "keyrecovery.hold")) },
        };
        using var answer = await host.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static async Task<HttpStatusCode> SlotsAsync(TestHost host, string subject)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/recovery/slots")
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", await host.TokenAsync(subject)) },
        };
        using var answer = await host.Client.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task<List<string>> MovedAsync(TestHost host, string token, bool dryRun, object[] moves)
    {
        using var answer = await SendAsync(host, token, JsonSerializer.Serialize(new { dryRun, moves }));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var told = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(dryRun, told.GetProperty("dryRun").GetBoolean());
        return [.. told.GetProperty("outcomes").EnumerateArray().Select(o => o.GetString()!)];
    }

    private static async Task<HttpResponseMessage> SendAsync(TestHost host, string? token, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/admin/moves")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        return await host.Client.SendAsync(request);
    }
}
