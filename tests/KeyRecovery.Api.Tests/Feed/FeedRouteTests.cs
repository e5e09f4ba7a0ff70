using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Feed;

/// <summary>Who is told of an app's accounts, and what; and how much was done.</summary>
public sealed class FeedRouteTests
{
    private const string Subject = "<img src=x onerror=alert(1)> \u202Etxt.exe\u2066\u200F 🦊";

    private static readonly Dictionary<string, string> TwoApps = new()
    {
        ["Apps:0:Id"] = "demo", ["Apps:0:Issuer"] = "urn:keyrecovery:development", ["Apps:0:Audience"] = "demo",
        ["Apps:1:Id"] = "other", ["Apps:1:Issuer"] = "urn:keyrecovery:development", ["Apps:1:Audience"] = "other",
    };

    private static readonly string[] Routes = ["/v1/events", "/v1/admin/statistics"];

    private const string Scopes = "keyrecovery.events keyrecovery.statistics";

    [Fact]
    public async Task The_app_s_back_end_is_told_what_was_done_and_no_other_app_s()
    {
        await using var host = await TestHost.StartAsync(TwoApps);
        var (mine, theirs) = (
            await Officer.TokenAsync(host, "demo", Scopes), await Officer.TokenAsync(host, "other", Scopes));
        var account = await TestAccount.CreateAsync(host, subject: Subject);
        var tablet = Party.Device();
        await account.CommittedAsync(
            account.Phone, TestAccount.LinkCommit(await account.OpenAsync(), account.Phone, [tablet], []));
        await LoggedAsync(host, mine, "deviceLinked");

        var page = await OkAsync(host, mine, "/v1/events?limit=2");
        Assert.Equal((2, true, false, "demo"), (page.GetProperty("events").GetArrayLength(),
            page.GetProperty("more").GetBoolean(), page.GetProperty("leftOut").GetBoolean(),
            page.GetProperty("app").GetString()));
        var events = page.GetProperty("events").EnumerateArray().ToList();
        while (page.GetProperty("more").GetBoolean())
        {
            page = await OkAsync(host, mine, $"/v1/events?after={page.GetProperty("next").GetString()}&limit=1");
            events.Add(Assert.Single(page.GetProperty("events").EnumerateArray()));
        }

        Assert.Equal(
            ["accountCreated", "deviceAdded", "deviceAdded", "deviceLinked", "slotAdded"],
            events.Select(one => one.GetProperty("kind").GetString()).Order(StringComparer.Ordinal));
        // Markup and marks of direction come through as they are: whoever shows them, escapes.
        Assert.All(events, one => Assert.Equal(
            (Subject, account.Id.ToString()),
            (one.GetProperty("subject").GetString(), one.GetProperty("account").GetString())));
        Assert.Equal(tablet.Id.ToString(), events[^1].GetProperty("authority").GetString());
        Assert.Equal("code", Assert.Single(events, one => one.GetProperty("kind").GetString() == "slotAdded")
            .GetProperty("of").GetString());
        var members = events.SelectMany(one => one.EnumerateObject().Select(member => member.Name)).Distinct().Order();
        Assert.Equal(["account", "authority", "kind", "leaf", "of", "subject", "time"], members);

        var counted = await OkAsync(host, mine, "/v1/admin/statistics");
        var all = counted.GetProperty("all");
        Assert.Equal((1, 1, 2, 1, 1), (counted.GetProperty("alive").GetInt32(),
            all.GetProperty("accountsMade").GetInt32(), all.GetProperty("devicesAdded").GetInt32(),
            all.GetProperty("slotsAdded").GetProperty("code").GetInt32(), all.GetProperty("links").GetInt32()));
        Assert.Equal(
            all.GetRawText(), Assert.Single(counted.GetProperty("days").EnumerateArray()).GetProperty("counts")
                .GetRawText());

        // Another app's back end finds its own: nothing. My cursor shows it nothing either.
        var next = page.GetProperty("next").GetString();
        foreach (var target in new[] { "/v1/events", $"/v1/events?after={next}" })
            Assert.Empty((await OkAsync(host, theirs, target)).GetProperty("events").EnumerateArray());
        Assert.Equal(0, (await OkAsync(host, theirs, "/v1/admin/statistics")).GetProperty("alive").GetInt32());
    }

    [Fact]
    public async Task Nobody_else_is_told_anything()
    {
        await using var host = await TestHost.StartAsync(TwoApps);
        var account = await TestAccount.CreateAsync(host);
        var (user, erasing) = (await host.TokenAsync(account.Subject), await Officer.TokenAsync(host, "demo"));
        var mine = await Officer.TokenAsync(host, "demo", Scopes);
        foreach (var route in Routes)
        {
            using (var answer = await host.Client.GetAsync(route))
                await ProblemAssert.IsAsync(answer, HttpStatusCode.Unauthorized, "unauthenticated");
            using (var answer = await SendAsync(host, user, route))
                await ProblemAssert.IsAsync(answer, HttpStatusCode.Unauthorized, "token-invalid");
            using (var answer = await SendAsync(host, erasing, route))
                await ProblemAssert.IsAsync(answer, HttpStatusCode.Forbidden, "forbidden", "scope");
            using (var answer = await SendAsync(host, mine[..^3] + "AAA", route))
                await ProblemAssert.IsAsync(answer, HttpStatusCode.Unauthorized, "token-invalid");
            using (var answer = await account.SendAsync(account.Phone, HttpMethod.Get, route))
                await ProblemAssert.IsAsync(answer, HttpStatusCode.Unauthorized, "unauthenticated");
            await OkAsync(host, mine, route);
        }

        // Each of the two has a scope of its own.
        var words = Scopes.Split(' ');
        for (var i = 0; i < 2; i++)
        {
            var one = await Officer.TokenAsync(host, "demo", words[i]);
            await OkAsync(host, one, Routes[i]);
            using var answer = await SendAsync(host, one, Routes[1 - i]);
            await ProblemAssert.IsAsync(answer, HttpStatusCode.Forbidden, "forbidden", "scope");
        }
    }

    [Theory]
    [InlineData("after=", "after")]
    [InlineData("after=%00%00", "after")]
    [InlineData("after=%F0%9F%A6%8A", "after")]
    [InlineData("after=AAAAAAAAAAAAAAAAAAAAAAA", "after")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=9999999999999999999999", "limit")]
    [InlineData("waitMs=25001", "waitMs")]
    [InlineData("waitMs=1e3", "waitMs")]
    public async Task What_is_no_cursor_and_no_number_is_refused(string query, string field)
    {
        await using var host = await TestHost.StartAsync();
        using var answer = await SendAsync(
            host, await Officer.TokenAsync(host, "demo", Scopes), $"/v1/events?{query}");
        await ProblemAssert.IsAsync(answer, HttpStatusCode.BadRequest, "malformed", field);
    }

    [Fact]
    public async Task Whoever_waits_is_told_as_it_comes()
    {
        await using var host = await TestHost.StartAsync();
        var mine = await Officer.TokenAsync(host, "demo", Scopes);
        var waiting = OkAsync(host, mine, "/v1/events?waitMs=25000");
        await TestAccount.CreateAsync(host);
        Assert.NotEmpty((await waiting).GetProperty("events").EnumerateArray());
    }

    private static async Task LoggedAsync(TestHost host, string token, string last)
    {
        while (!(await OkAsync(host, token, "/v1/events")).GetRawText()
            .Contains($"\"{last}\"", StringComparison.Ordinal))
            await Task.Delay(50);
    }

    private static Task<HttpResponseMessage> SendAsync(TestHost host, string token, string target) =>
        host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, target)
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
        });

    private static async Task<JsonElement> OkAsync(TestHost host, string token, string target)
    {
        using var answer = await SendAsync(host, token, target);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
