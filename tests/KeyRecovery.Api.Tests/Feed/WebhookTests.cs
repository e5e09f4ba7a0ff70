using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;

namespace KeyRecovery.Api.Tests.Feed;

/// <summary>A feed is sent to where its app says, with a token that anybody verifies, until it is taken.</summary>
public sealed class WebhookTests
{
    private const string Subject = "<b>\u202Ename\u2066 🦊";

    [Fact]
    public async Task Each_event_is_sent_until_it_is_taken_and_verifies_by_the_keys_that_are_told()
    {
        await using var back = await WebhookReceiver.StartAsync();
        back.Next(context => Status(context, 503));
        back.Next(context => Redirected(context, 307, back.Elsewhere));
        back.Next(context => Redirected(context, 302, back.Elsewhere));
        // What it did, and its answer is lost.
        back.Next(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await using var host = await StartAsync(("demo", back));
        var account = await TestAccount.CreateAsync(host, subject: Subject);
        await back.CameAsync(5);

        var told = back.Came;
        Assert.Equal(0, back.AskedElsewhere);
        foreach (var (token, body) in told)
        {
            var read = await back.VerifyAsync(host, token, body);
            Assert.True(read.IsValid, read.Exception?.Message);
            Assert.Equal("demo", read.Claims["app"]);
        }

        // It comes again until it is taken: the same events, each time under a token of its own.
        var first = WebhookReceiver.Events(told[0].Body).First().GetRawText();
        Assert.All(told, one => Assert.Equal(first, WebhookReceiver.Events(one.Body).First().GetRawText()));
        Assert.Equal(Subject, WebhookReceiver.Events(told[4].Body).First().GetProperty("subject").GetString());
        Assert.Equal(told.Count, told.Select(one => new JsonWebToken(one.Token).Id).Distinct().Count());
        // As whoever asks is told it.
        var asked = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/v1/events?limit=1")
        {
            Headers = { Authorization = new("Bearer", await Officer.TokenAsync(host, "demo", "keyrecovery.events")) },
        });
        var page = JsonDocument.Parse(await asked.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(first, page.GetProperty("events")[0].GetRawText());

        // And what was taken does not come again.
        await account.CommittedAsync(
            account.Phone, TestAccount.LinkCommit(await account.OpenAsync(), account.Phone, [Party.Device()], []));
        await back.HeardAsync("deviceLinked", from: 4);
        Assert.Single(back.Kinds(from: 4), kind => kind == "accountCreated");

        // The controls: nothing else is its token.
        var (good, content) = told[0];
        Assert.False((await back.VerifyAsync(host, good[..^6] + "AAAAAA", content)).IsValid);
        Assert.False((await back.VerifyAsync(host, good, content, "https://elsewhere.example/")).IsValid);
        Assert.False((await back.VerifyAsync(host, await host.TokenAsync(Subject), content)).IsValid);
        using var turned = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/v1/events")
        {
            Headers = { Authorization = new("Bearer", good) },
        });
        await ProblemAssert.IsAsync(turned, HttpStatusCode.Unauthorized, "token-invalid");
    }

    [Fact]
    public async Task An_app_whose_webhook_hangs_delays_its_own_events_alone()
    {
        await using var hanging = await WebhookReceiver.StartAsync();
        await using var back = await WebhookReceiver.StartAsync();
        hanging.Next(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using var host = await StartAsync(("demo", hanging), ("other", back));
        await TestAccount.CreateAsync(host);
        await hanging.CameAsync(1);
        await TestAccount.CreateAsync(host, "other", "theirs");
        await back.HeardAsync("accountCreated");
        Assert.Single(hanging.Came);
        // And each hears of its own accounts alone.
        Assert.All(
            back.Came.SelectMany(one => WebhookReceiver.Events(one.Body)),
            one => Assert.Equal("theirs", one.GetProperty("subject").GetString()));
    }

    [Fact]
    public async Task Nothing_of_an_answer_is_read_but_its_status()
    {
        await using var back = await WebhookReceiver.StartAsync();
        back.Next(async context =>
        {
            context.Response.StatusCode = 200;
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(new byte[64 * 1024]);
        });
        await using var host = await StartAsync(("demo", back));
        var account = await TestAccount.CreateAsync(host);
        await back.CameAsync(1);
        await account.CommittedAsync(
            account.Phone, TestAccount.LinkCommit(await account.OpenAsync(), account.Phone, [Party.Device()], []));
        await back.HeardAsync("deviceLinked");
        Assert.Single(back.Kinds(), kind => kind == "accountCreated");
    }

    [Fact]
    public async Task What_stands_beside_the_server_is_reached_only_where_the_settings_say_so()
    {
        using var beside = new TcpListener(IPAddress.Loopback, 0);
        beside.Start();
        var settings = new Dictionary<string, string>
        {
            ["Apps:0:Id"] = "demo", ["Apps:0:Issuer"] = "urn:keyrecovery:development", ["Apps:0:Audience"] = "demo",
            ["Apps:0:Events:Webhook"] = $"https://localhost:{((IPEndPoint)beside.LocalEndpoint).Port}/?key=private",
        };
        await using (var host = await TestHost.StartAsync(settings))
        {
            await TestAccount.CreateAsync(host);
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            while (!host.ReadLog().Contains("no address that a webhook may have", StringComparison.Ordinal))
                await Task.Delay(20, limit.Token);
            Assert.False(beside.Pending());
            Assert.DoesNotContain("key=private", host.ReadLog(), StringComparison.Ordinal);
        }

        settings["Apps:0:Events:AllowPrivate"] = "true";
        await using var allowed = await TestHost.StartAsync(settings);
        await TestAccount.CreateAsync(allowed);
        using var reached = await beside.AcceptTcpClientAsync();
    }

    [Fact]
    public async Task A_new_key_signs_at_once_and_the_one_before_is_told_while_they_overlap()
    {
        using var directory = new TempDirectory();
        await using var back = await WebhookReceiver.StartAsync();
        var signed = new List<string>();
        var told = new string[4][];
        var settings = new (int Keys, bool Overlap)[] { (1, true), (2, true), (2, false), (1, true) };
        for (var i = 0; i < settings.Length; i++)
        {
            await using var host = await TestHost.StartAsync(new Dictionary<string, string>(Settings(("demo", back)))
            {
                ["Webhooks:Keys"] = $"{settings[i].Keys}", ["Webhooks:KeyOverlap"] = $"{settings[i].Overlap}",
            }, directory: directory);
            await TestAccount.CreateAsync(host, subject: $"user {i}");
            await back.CameAsync(i + 1);
            var (token, body) = back.Came[^1];
            Assert.True((await back.VerifyAsync(host, token, body)).IsValid);
            signed.Add(new JsonWebToken(token).Kid);
            told[i] = [.. (await JwksAsync(host)).Select(key => key.GetProperty("kid").GetString()!)];
        }

        // Fewer keys in the settings do not bring the first one back as the one that signs.
        Assert.NotEqual(signed[0], signed[1]);
        Assert.Equal([signed[1], signed[1]], signed[2..]);
        Assert.Equal([signed[0]], told[0]);
        Assert.Equal([signed[1], signed[0]], told[1]);
        Assert.Equal([signed[1]], told[2]);
        Assert.Equal([signed[1], signed[0]], told[3]);
    }

    private static async Task<IReadOnlyList<JsonElement>> JwksAsync(TestHost host) =>
        [.. JsonDocument.Parse(await host.Client.GetStringAsync("/v1/jwks")).RootElement.GetProperty("keys")
            .EnumerateArray()];

    private static Task<TestHost> StartAsync(params (string App, WebhookReceiver Back)[] apps) =>
        TestHost.StartAsync(Settings(apps));

    private static Dictionary<string, string> Settings(params (string App, WebhookReceiver Back)[] apps) =>
        new(apps.SelectMany((app, i) => new KeyValuePair<string, string>[]
        {
            new($"Apps:{i}:Id", app.App), new($"Apps:{i}:Audience", app.App),
            new($"Apps:{i}:Issuer", "urn:keyrecovery:development"),
            new($"Apps:{i}:Events:Webhook", app.Back.Address),
        }));

    private static Task Status(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static Task Redirected(HttpContext context, int status, string to)
    {
        context.Response.Headers.Location = to;
        return Status(context, status);
    }
}
