using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Admin;

/// <summary>What an officer is told of an account, by which scope, and how an officer's words are taken.</summary>
public sealed class AdminAccountTests
{
    private static readonly (string Method, string Way, string Scope)[] Asked =
    [
        ("GET", "", "keyrecovery.accounts.read"), ("GET", "/holds", "keyrecovery.hold"),
        ("POST", "/suspend", "keyrecovery.accounts.suspend"), ("POST", "/resume", "keyrecovery.accounts.suspend"),
        ("POST", "/hold", "keyrecovery.hold"), ("POST", "/release", "keyrecovery.hold"),
    ];

    [Fact]
    public async Task Z03_each_route_takes_its_own_scope_and_no_other_beside_it_is_enough()
    {
        await using var host = await TestHost.StartAsync();
        var account = await TestAccount.CreateAsync(host);
        foreach (var (method, rest, scope) in Asked)
        {
            var others = string.Join(' ', Officer.AllScopes.Split(' ').Where(word => word != scope));
            foreach (var (words, isEnough) in new[] { (scope, true), (others, false), ("keyrecovery", false) })
            {
                var token = await Officer.TokenAsync(host, "demo", words);
                using var answer = await SendAsync(host, token, method, $"{account.Id}{rest}", Body(rest));
                var cell = await AnswerShape.NameAsync(answer);
                Assert.True(isEnough ? cell == "200" : cell == "403 forbidden", $"{method} {rest}, {words}: {cell}");
            }
        }
    }

    [Fact]
    public async Task Z03_an_operator_whose_power_the_settings_took_away_has_it_no_more()
    {
        await using var host = await TestHost.StartAsync(new Dictionary<string, string>
        {
            ["Operators:0:App"] = "demo", ["Operators:0:Issuer"] = "urn:keyrecovery:development",
            ["Operators:0:Audience"] = "officers",
        });
        var account = await TestAccount.CreateAsync(host);
        var token = await Officer.TokenAsync(host, "demo", Officer.AllScopes);
        foreach (var (method, rest, _) in Asked)
        {
            using var answer = await SendAsync(host, token, method, $"{account.Id}{rest}", Body(rest));
            await ProblemAssert.IsAsync(answer, HttpStatusCode.Forbidden, "forbidden", "scope");
        }
    }

    [Fact]
    public async Task An_officer_is_told_how_an_account_stands_and_no_name_and_no_authoritys_id()
    {
        await using var host = await TestHost.StartAsync();
        var account = await TestAccount.CreateAsync(host);
        var token = await Officer.TokenAsync(host, "demo", Officer.AllScopes);
        using var found = await SendAsync(host, token, "GET", $"?subject={account.Subject}", null);
        var text = await found.Content.ReadAsStringAsync();
        var told = JsonSerializer.Deserialize<JsonElement>(text);
        Assert.Equal(
            ("open", $"{account.Id}", 1, 1, 0),
            (told.GetProperty("state").GetString(), told.GetProperty("account").GetString(),
                told.GetProperty("devices").GetInt32(), told.GetProperty("codes").GetInt32(),
                told.GetProperty("passphrases").GetInt32()));
        foreach (var id in new[] { account.Subject, $"{account.Phone.Id}", $"{account.Code.Id}" })
            Assert.DoesNotContain(id, text, StringComparison.Ordinal);

        using var suspended = await SendAsync(host, token, "POST", $"{account.Id}/suspend", null);
        Assert.True((await suspended.Content.ReadFromJsonAsync<JsonElement>()).TryGetProperty("suspendedSince", out _));
        using var held = await SendAsync(host, token, "POST", $"{account.Id}/hold", Body("/hold"));
        Assert.True((await held.Content.ReadFromJsonAsync<JsonElement>()).TryGetProperty("heldSince", out _));
        using (var asked = await account.SendAsync(account.Phone, HttpMethod.Post, "/v1/erasure?round=0"))
        {
            var body = await asked.Content.ReadAsStringAsync();
            Assert.True(JsonSerializer.Deserialize<JsonElement>(body).GetProperty("legalHold").GetBoolean());
            Assert.DoesNotContain("court", body, StringComparison.Ordinal);
        }

        var lines = await Officer.FileAsync(host, token, account.Subject);
        var job = await Officer.JobAsync(lines);
        Assert.Equal("held", await OutcomeAsync(host, token, job));
        using (var log = await SendAsync(host, token, "GET", $"{account.Id}/holds", null))
            Assert.Contains("urn:keyrecovery:development", await log.Content.ReadAsStringAsync(),
                StringComparison.Ordinal);
        Assert.DoesNotContain("court", host.ReadLog(), StringComparison.Ordinal);

        using var released = await SendAsync(host, token, "POST", $"{account.Id}/release", Body("/release"));
        Assert.Equal(HttpStatusCode.OK, released.StatusCode);
        var report = await Officer.DoneAsync(host, token, job);
        Assert.Equal("erased", report.GetProperty("outcomes")[0].GetProperty("outcome").GetString());
        using var late = await SendAsync(
            host, token, "POST", $"{account.Id}/hold", """{"reason":"r","reference":"2"}""");
        await ProblemAssert.IsAsync(late, HttpStatusCode.Gone, "erased");
    }

    [Theory]
    [InlineData("""{"reason":"","reference":"a"}""", "reason")]
    [InlineData("""{"reason":"a\u0000b","reference":"a"}""", "reason")]
    [InlineData("""{"reason":"a\u001b[2J","reference":"a"}""", "reason")]
    [InlineData("""{"reason":"a","reference":""}""", "reference")]
    [InlineData("""{"reason":"a","reference":"a\nb"}""", "reference")]
    [InlineData("""{"reason":"a"}""", null)]
    [InlineData("[]", null)]
    [InlineData("", null)]
    public async Task Words_that_nobody_can_read_are_refused(string body, string? field)
    {
        await using var host = await TestHost.StartAsync();
        var account = await TestAccount.CreateAsync(host);
        var token = await Officer.TokenAsync(host, "demo", Officer.AllScopes);
        using var answer = await SendAsync(host, token, "POST", $"{account.Id}/hold", body);
        await ProblemAssert.IsAsync(answer, HttpStatusCode.BadRequest, "malformed", field);
    }

    [Fact]
    public async Task Words_have_their_lengths_in_bytes_and_markup_is_kept_as_it_was_written()
    {
        await using var host = await TestHost.StartAsync();
        var account = await TestAccount.CreateAsync(host);
        var token = await Officer.TokenAsync(host, "demo", Officer.AllScopes);
        async Task<HttpStatusCode> HoldAsync(string reason, string reference)
        {
            using var answer = await SendAsync(
                host, token, "POST", $"{account.Id}/hold", JsonSerializer.Serialize(new { reason, reference }));
            return answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.BadRequest, await HoldAsync(new string('é', 257), "a"));
        Assert.Equal(HttpStatusCode.BadRequest, await HoldAsync("a", new string('é', 65)));
        const string Markup = "<script>alert(1)</script> \u202E gnp.exe";
        Assert.Equal(HttpStatusCode.OK, await HoldAsync(Markup, new string('é', 64)));
        using var told = await SendAsync(host, token, "GET", $"{account.Id}/holds", null);
        Assert.Equal(Markup, (await told.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("holds")[0]
            .GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Z03_a_page_of_accounts_is_of_the_tokens_app_and_takes_its_cursor_alone()
    {
        await using var host = await TestHost.StartAsync(VaultFixture.Settings);
        var (mine, others) = (new List<string>(), new List<string>());
        for (var i = 0; i < 3; i++)
        {
            mine.Add($"{(await TestAccount.CreateAsync(host)).Id}");
            others.Add($"{(await TestAccount.CreateAsync(host, "other")).Id}");
        }

        var token = await Officer.TokenAsync(host, "demo", "keyrecovery.accounts.read");
        var theirs = await Officer.TokenAsync(host, "other", "keyrecovery.accounts.read");
        var first = await PageAsync(host, token, "?limit=2");
        var next = first.GetProperty("next").GetString()!;
        var second = await PageAsync(host, token, $"?limit=200&after={next}");
        Assert.False(second.TryGetProperty("next", out _));
        Assert.Equal(mine.Order(), Ids(first).Concat(Ids(second)).Order());
        Assert.Equal(others.Order(), Ids(await PageAsync(host, theirs, "")).Order());
        Assert.Equal("other", (await PageAsync(host, theirs, "")).GetProperty("app").GetString());

        foreach (var (who, query, field) in new[]
        {
            (theirs, $"?after={next}", "after"), (token, "?after=", "after"), (token, "?after=%00", "after"),
            (token, $"?after={next}A", "after"), (token, "?limit=0", "limit"), (token, "?limit=201", "limit"),
            (token, "?limit=-1", "limit"), (token, "?limit=x", "limit"), (token, "?subject=", "subject"),
            (token, $"?subject=a&after={next}", "after"), (token, "?subject=a&limit=1", "limit"),
        })
        {
            using var answer = await SendAsync(host, who, "GET", query, null);
            await ProblemAssert.IsAsync(answer, HttpStatusCode.BadRequest, "malformed", field);
        }

        using var without = await SendAsync(
            host, await Officer.TokenAsync(host, "demo", "keyrecovery.erase"), "GET", "?limit=1", null);
        await ProblemAssert.IsAsync(without, HttpStatusCode.Forbidden, "forbidden", "scope");
    }

    private static IEnumerable<string> Ids(JsonElement page) =>
        page.GetProperty("accounts").EnumerateArray().Select(one => one.GetProperty("account").GetString()!);

    private static async Task<JsonElement> PageAsync(TestHost host, string token, string query)
    {
        using var answer = await SendAsync(host, token, "GET", query.Length == 0 ? "?" : query, null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static string? Body(string rest) => rest switch
    {
        "/hold" => """{"reason":"a court's order","reference":"case 1"}""",
        "/release" => """{"reference":"case 1"}""",
        _ => null,
    };

    private static async Task<string> OutcomeAsync(TestHost host, string token, string job)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            using var answer = await Officer.ReadAsync(host, token, job);
            var outcome = (await answer.Content.ReadFromJsonAsync<JsonElement>(patience.Token))
                .GetProperty("outcomes")[0].GetProperty("outcome").GetString()!;
            if (outcome != "pending") return outcome;
            await Task.Delay(20, patience.Token);
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(
        TestHost host, string token, string method, string rest, string? body)
    {
        var separator = rest.StartsWith('?') ? "" : "/";
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/v1/admin/accounts{separator}{rest}")
        {
            Headers = { Authorization = new("Bearer", token) },
        };
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await host.Client.SendAsync(request);
    }
}
