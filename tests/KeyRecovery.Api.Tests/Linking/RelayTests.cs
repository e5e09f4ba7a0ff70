using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service;
using KeyRecovery.Service.Linking;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace KeyRecovery.Api.Tests.Linking;

public class RelayTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    [Fact]
    public async Task Messages_go_both_ways_and_a_repeat_is_welcome()
    {
        var relay = await (await NewAsync()).ClaimedAsync();
        var message = RandomNumberGenerator.GetBytes(8_192);
        foreach (var side in "en")
            for (var repeat = 0; repeat < 2; repeat++)
            {
                await StatusAsync(HttpStatusCode.NoContent, relay.PutAsync(side, 0, message));
                using var read = await relay.GetAsync(side, 0);
                Assert.Equal(message, await read.Content.ReadAsByteArrayAsync());
                Assert.Equal("application/octet-stream", read.Content.Headers.ContentType?.MediaType);
                Assert.True(read.Headers.CacheControl?.NoStore);
            }

        await ProblemAssert.IsAsync(await relay.PutAsync('n', 0, [1]), HttpStatusCode.Conflict, "conflict", "seq");
        await StatusAsync(HttpStatusCode.NoContent, relay.GetAsync('n', 1, "?waitMs=1"));
        await StatusAsync(HttpStatusCode.NoContent, relay.EndAsync(relay.New));
        await ProblemAssert.IsAsync(await relay.PutAsync('e', 1, [1]), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_long_poll_is_woken_by_its_message()
    {
        var relay = await (await NewAsync()).ClaimedAsync();
        var delays = new List<double>();
        for (var i = 0; i < 10; i++)
        {
            var waiting = relay.GetAsync('n', i, "?waitMs=25000");
            await Task.Delay(50);
            Assert.False(waiting.IsCompleted);
            var start = Stopwatch.GetTimestamp();
            await StatusAsync(HttpStatusCode.NoContent, relay.PutAsync('n', i, [(byte)i]));
            using var read = await waiting;
            delays.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            Assert.Equal([(byte)i], await read.Content.ReadAsByteArrayAsync());
        }

        // Long before it would have ended by itself.
        Assert.InRange(delays.Order().ElementAt(5), 0, 10_000);
    }

    [Fact]
    public async Task A_typed_code_finds_its_envelope_until_the_claim()
    {
        var relay = await NewAsync("2B3C");
        using var opened = await relay.OpenAsync();
        Assert.InRange((await opened.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("expiresInMs").GetInt64(),
            60_000, 120_000);
        for (var i = 0; i < 2; i++)
        {
            var found = await fixture.Client.GetFromJsonAsync<JsonElement>("/v1/links/nameplates/2B3C");
            Assert.Equal(relay.Envelope, found.GetProperty("envelope").GetString());
            Assert.InRange(found.GetProperty("expiresInMs").GetInt64(), 60_000, 120_000);
        }

        await ProblemAssert.IsAsync(
            await (await NewAsync("2B3C")).OpenAsync(), HttpStatusCode.Conflict, "conflict", "nameplate");
        using var claimed = await relay.ClaimAsync();
        Assert.InRange((await claimed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("expiresInMs").GetInt64(),
            240_000, 300_000);
        await NotFoundAsync(fixture.Client.GetAsync("/v1/links/nameplates/2B3C"));
    }

    [Fact]
    public async Task A_second_claim_is_contested_and_the_same_again_is_not()
    {
        var relay = await (await NewAsync()).ClaimedAsync();
        await StatusAsync(HttpStatusCode.OK, relay.ClaimAsync());
        await ProblemAssert.IsAsync(
            await relay.ClaimAsync(bearer: RandomNumberGenerator.GetBytes(32)), HttpStatusCode.Conflict,
            "link-contested");
        foreach (var request in new[] {
            relay.GetAsync('n', 0), relay.GetAsync('e', 0), relay.ClaimAsync(), relay.EndAsync(relay.Existing),
        })
            await ProblemAssert.IsAsync(await request, HttpStatusCode.Conflict, "link-contested");
    }

    [Fact]
    public async Task Who_has_neither_code_nor_bearer_does_not_see_that_a_session_was_contested()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        var (contested, unknown) = (await new RelayClient(account).ClaimedAsync(), new RelayClient(account));
        using var second = await contested.ClaimAsync(bearer: RandomNumberGenerator.GetBytes(32));
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        var stranger = RandomNumberGenerator.GetBytes(32);
        var answers = new List<string>();
        foreach (var target in new[] { contested, unknown })
        {
            answers.Add(await NotFoundAsync(target.ClaimAsync(token: Base64UrlText.Encode(stranger))));
            answers.Add(await NotFoundAsync(target.PutAsync('e', 0, [1], stranger)));
            answers.Add(await NotFoundAsync(target.GetAsync('n', 0, bearer: stranger)));
            answers.Add(await NotFoundAsync(target.EndAsync(stranger)));
        }

        Assert.Single(answers.Distinct());
    }

    [Fact]
    public async Task Wrong_tokens_and_unknown_sessions_get_the_same_answer_to_the_byte()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        var relay = await new RelayClient(account).ClaimedAsync();
        var (unknown, nonsense) = (new RelayClient(account), new RelayClient(account) { Id = "x" });
        var stranger = RandomNumberGenerator.GetBytes(32);
        var answers = new List<string>();
        foreach (var target in new[] { relay, unknown, nonsense })
        {
            answers.Add(await NotFoundAsync(target.ClaimAsync(token: Base64UrlText.Encode(stranger))));
            answers.Add(await NotFoundAsync(target.PutAsync('e', 0, [1], stranger)));
            answers.Add(await NotFoundAsync(target.GetAsync('e', 0, "?waitMs=25000", stranger)));
            answers.Add(await NotFoundAsync(target.EndAsync(stranger)));
        }

        answers.Add(await NotFoundAsync(fixture.Client.GetAsync($"/v1/links/{relay.Id}/e/0")));
        answers.Add(await NotFoundAsync(fixture.Client.GetAsync("/v1/links/nameplates/0000")));
        Assert.Single(answers.Distinct());
    }

    [Fact]
    public async Task Only_a_device_opens_a_session_and_only_a_few_at_once()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        await ProblemAssert.IsAsync(
            await new RelayClient(account).OpenAsync(account.Code), HttpStatusCode.Forbidden, "forbidden", "keyid");
        for (var i = 0; i < 4; i++) await StatusAsync(HttpStatusCode.Created, new RelayClient(account).OpenAsync());
        await ProblemAssert.IsAsync(
            await new RelayClient(account).OpenAsync(), HttpStatusCode.UnprocessableEntity, "limit-reached",
            "sessions");
    }

    [Fact]
    public async Task Malformed_requests_name_their_field()
    {
        var relay = await (await NewAsync()).ClaimedAsync();
        await MalformedAsync(
            relay.OpenAsync(body: new { sessionId = "x", joinTokenHash = "", bearerHash = "" }), "sessionId");
        await MalformedAsync(relay.OpenAsync(body: new
        {
            sessionId = relay.Id, joinTokenHash = RelayClient.HashOf([1]), bearerHash = RelayClient.HashOf([1]),
            nameplate = "2b3c", envelope = "",
        }), "nameplate");
        await MalformedAsync(relay.ClaimAsync(token: "x"), "joinToken");
        await MalformedAsync(relay.GetAsync('n', 0, "?waitMs=25001"), "waitMs");
        await MalformedAsync(relay.GetAsync('n', 64), "seq");
        await MalformedAsync(relay.PutAsync('n', 1, [1]), "seq");
        await ProblemAssert.IsAsync(
            await relay.PutAsync('n', 0, new byte[8_193]), HttpStatusCode.RequestEntityTooLarge, "too-large");
        await ProblemAssert.IsAsync(
            await relay.PutAsync('n', 0, [1], type: "application/json"), HttpStatusCode.UnsupportedMediaType,
            "unsupported-media-type");
    }

    [Fact]
    public async Task A_shutdown_answers_long_polls_at_once()
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await TestHost.StartAsync(map: app => app.Use(next => context =>
        {
            if (context.Request.QueryString.HasValue) arrived.TrySetResult();
            return next(context);
        }));
        var relay = await new RelayClient(await TestAccount.CreateAsync(host)).ClaimedAsync();
        var waiting = relay.GetAsync('n', 0, "?waitMs=25000");
        await arrived.Task.WaitAsync(TimeSpan.FromMinutes(1));
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await ProblemAssert.IsAsync(
            await waiting.WaitAsync(TimeSpan.FromMinutes(1)), HttpStatusCode.ServiceUnavailable, "unavailable");
    }

    [Fact]
    public async Task The_relay_keeps_nothing_after_the_end()
    {
        await using var host = await TestHost.StartAsync();
        var relay = await new RelayClient(await TestAccount.CreateAsync(host)).ClaimedAsync();
        var kept = (LocalLinkRelay)host.Services.GetRequiredService<KeyRecoveryService>().Links;
        await StatusAsync(HttpStatusCode.NoContent, relay.PutAsync('e', 0, [1]));
        Assert.Equal((1, 1), (kept.Count, kept.Bytes));
        await StatusAsync(HttpStatusCode.NoContent, relay.EndAsync(relay.Existing));
        Assert.Equal((0, 0), (kept.Count, kept.Bytes));
        var log = host.ReadLog();
        Assert.Contains("/v1/links/{id}/{side}/{seq}", log, StringComparison.Ordinal);
        Assert.DoesNotContain(relay.Id, log, StringComparison.Ordinal);
    }

    private async Task<RelayClient> NewAsync(string? nameplate = null) =>
        new(await TestAccount.CreateAsync(fixture.Host), nameplate);

    private static async Task StatusAsync(HttpStatusCode expected, Task<HttpResponseMessage> answer)
    {
        using var response = await answer;
        Assert.True(response.StatusCode == expected,
            $"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
    }

    private static async Task MalformedAsync(Task<HttpResponseMessage> answer, string field) =>
        await ProblemAssert.IsAsync(await answer, HttpStatusCode.BadRequest, "malformed", field);

    private static async Task<string> NotFoundAsync(Task<HttpResponseMessage> answer)
    {
        using var response = await answer;
        await ProblemAssert.IsAsync(response, HttpStatusCode.NotFound, "not-found");
        return await response.Content.ReadAsStringAsync();
    }
}
