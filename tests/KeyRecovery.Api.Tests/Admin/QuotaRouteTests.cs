using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeyRecovery.Api.Control;
using KeyRecovery.Api.Options.Reading;
using KeyRecovery.Api.Tests.Support;

namespace KeyRecovery.Api.Tests.Admin;

/// <summary>What an app whose quota is used up hears, and who sees its numbers.</summary>
public sealed class QuotaRouteTests
{
    [Fact]
    public async Task A_full_app_makes_no_account_until_the_settings_give_more()
    {
        using var directory = new TempDirectory();
        await using var issuer = await LocalIssuer.StartAsync();
        Write(directory, issuer, 1);
        await using var host = await TestHost.StartAsync(environment: "Production", directory: directory);
        await CreateAsync(host, issuer, "demo", "anna");
        await ProblemAssert.IsAsync(
            await TryAsync(host, issuer, "demo", "ben"), HttpStatusCode.UnprocessableEntity, "quota-reached",
            "accounts");
        // Another app has its own.
        await CreateAsync(host, issuer, "other", "ben");

        var mine = await StatisticsAsync(host, issuer, "staff");
        Assert.Equal(
            (1, true, 1, false), (mine.GetProperty("quota").GetProperty("accounts").GetInt32(),
                mine.GetProperty("quota").TryGetProperty("accountsUsed", out _), mine.GetProperty("alive").GetInt32(),
                mine.GetProperty("quota").TryGetProperty("bytes", out _)));
        Assert.False((await StatisticsAsync(host, issuer, "other-staff")).TryGetProperty("quota", out _));

        Write(directory, issuer, 2);
        Assert.NotNull(await ControlClient.TryAskAsync(
            Path.Combine(directory.Path, "ring"), "{\"verb\":\"reload\"}", _ => { }));
        await CreateAsync(host, issuer, "demo", "ben");
        await ProblemAssert.IsAsync(
            await TryAsync(host, issuer, "demo", "clara"), HttpStatusCode.UnprocessableEntity, "quota-reached",
            "accounts");
    }

    private static async Task CreateAsync(TestHost host, LocalIssuer issuer, string app, string subject)
    {
        using var answer = await TryAsync(host, issuer, app, subject);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    private static async Task<HttpResponseMessage> TryAsync(
        TestHost host, LocalIssuer issuer, string app, string subject)
    {
        var begin = Party.Device().Begin(app, Party.Code());
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/accounts")
        {
            Content = new ByteArrayContent(begin.Encode()) { Headers = { ContentType = new("application/cbor") } },
            Headers = { Authorization = new("Bearer", issuer.Token(subject, app)) },
        };
        return await host.Client.SendAsync(request);
    }

    // The feed tells what was made in seconds.
    private static async Task<JsonElement> StatisticsAsync(TestHost host, LocalIssuer issuer, string audience)
    {
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/admin/statistics")
            {
                Headers =
                {
                    Authorization = new("Bearer", issuer.Token("officer", audience, "keyrecovery.statistics")),
                },
            };
            using var answer = await host.Client.SendAsync(request);
            var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
            if (body.GetProperty("alive").GetInt32() == 1) return body;
            await Task.Delay(50);
        }
    }

    private static void Write(TempDirectory directory, LocalIssuer issuer, int accounts)
    {
        var file = Path.Combine(directory.Path, SettingsFile.FileName);
        File.Delete(file);
        var demo = Source(issuer, "Id", "demo", "demo");
        demo["Quota"] = new JsonObject { ["Accounts"] = accounts };
        var (mine, theirs) = (Source(issuer, "App", "demo", "staff"), Source(issuer, "App", "other", "other-staff"));
        foreach (var one in new[] { mine, theirs }) one["Scopes"] = new JsonArray("keyrecovery.statistics");
        SettingsFile.Write(file, new JsonObject
        {
            ["Apps"] = new JsonArray(demo, Source(issuer, "Id", "other", "other")),
            ["Operators"] = new JsonArray(mine, theirs),
        });
    }

    private static JsonObject Source(LocalIssuer issuer, string name, string app, string audience) => new()
    {
        [name] = app, ["Issuer"] = issuer.Address, ["Audience"] = audience, ["Authority"] = issuer.Address,
    };
}
