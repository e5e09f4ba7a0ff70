using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.Api.Tests.Erasure;

/// <summary>Who may have an account erased, and who may not.</summary>
public sealed class WhoMayEraseTests
{
    private static readonly Dictionary<string, string> TwoApps = new()
    {
        ["Apps:0:Id"] = "demo", ["Apps:0:Issuer"] = "urn:keyrecovery:development", ["Apps:0:Audience"] = "demo", ["Apps:0:Policy:Erasure:HoldHours"] = "0",
        ["Apps:1:Id"] = "other", ["Apps:1:Issuer"] = "urn:keyrecovery:development", ["Apps:1:Audience"] = "other",
    };

    [Fact]
    public async Task A_token_a_slot_a_young_and_a_revoked_device_cannot_erase()
    {
        await using var host = await TestHost.StartAsync();
        var account = await TestAccount.CreateAsync(host);
        using (var bare = new HttpRequestMessage(HttpMethod.Post, "/v1/erasure") { Headers = { Authorization = new("Bearer", await host.TokenAsync(account.Subject)) } })
        using (var answer = await host.Client.SendAsync(bare)) Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        using (var answer = await account.SendAsync(account.Code, HttpMethod.Post, "/v1/erasure")) await ProblemAssert.IsAsync(answer, HttpStatusCode.Forbidden, "forbidden", "keyid");

        var young = Party.Device();
        await account.CommittedAsync(account.Phone, TestAccount.LinkCommit(await account.OpenAsync(), account.Phone, [young], []));
        using (var answer = await account.SendAsync(young, HttpMethod.Post, "/v1/erasure")) await ProblemAssert.IsAsync(answer, HttpStatusCode.Forbidden, "young-authority");
        await account.CommittedAsync(account.Phone, TestAccount.LinkCommit(await account.OpenAsync(), account.Phone, [], [young.Id]));
        using (var answer = await account.SendAsync(young, HttpMethod.Post, "/v1/erasure")) await ProblemAssert.IsAsync(answer, HttpStatusCode.Forbidden, "revoked");

        using (var answer = await account.SendAsync(account.Phone, HttpMethod.Post, "/v1/erasure"))
        {
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            Assert.Equal("held", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString());
        }

        using (var answer = await account.SendAsync(Party.Device(), HttpMethod.Delete, "/v1/erasure")) await ProblemAssert.IsAsync(answer, HttpStatusCode.Unauthorized, "signature-invalid");
        // It was removed less than three days before the request: it may cancel.
        using (var answer = await account.SendAsync(young, HttpMethod.Delete, "/v1/erasure")) Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        using (var answer = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/erasure"))
            Assert.Equal("none", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString());
        using (var answer = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault")) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task An_operator_erases_in_its_own_app_and_the_410_carries_a_receipt_that_verifies_and_no_tampered_one_does()
    {
        await using var host = await TestHost.StartAsync(TwoApps);
        var (account, kept) = (await TestAccount.CreateAsync(host), await TestAccount.CreateAsync(host, "other"));
        using (var answer = await FileAsync(host, await host.TokenAsync(account.Subject), account.Subject)) await ProblemAssert.IsAsync(answer, HttpStatusCode.Unauthorized, "token-invalid");
        using (var answer = await FileAsync(host, null, account.Subject)) await ProblemAssert.IsAsync(answer, HttpStatusCode.Unauthorized, "unauthenticated");
        using (var answer = await FileAsync(host, await OperatorAsync(host, "demo", "keyrecovery.read"), account.Subject)) await ProblemAssert.IsAsync(answer, HttpStatusCode.Forbidden, "forbidden", "scope");
        var (mine, theirs) = (await OperatorAsync(host, "demo"), await OperatorAsync(host, "other"));
        using (var answer = await FileAsync(host, mine, account.Subject, null)) await ProblemAssert.IsAsync(answer, HttpStatusCode.BadRequest, "malformed", "line 2");

        // The other app's operator names the same user: in its own app there is none.
        Assert.Equal(["unknown"], (await RunAsync(host, theirs, account.Subject)).Select(o => o.GetProperty("outcome").GetString()));
        using (var answer = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault")) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        var outcomes = await RunAsync(host, mine, account.Subject, "nobody", kept.Subject);
        Assert.Equal(["erased", "unknown", "unknown"], outcomes.Select(o => o.GetProperty("outcome").GetString()));
        using (var answer = await kept.SendAsync(kept.Phone, HttpMethod.Get, "/v1/vault")) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var gone = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault");
        var receipt = (await ProblemAssert.IsAsync(gone, HttpStatusCode.Gone, "erased")).GetProperty("receipt").GetString();
        Assert.Equal(outcomes[0].GetProperty("receipt").GetString(), receipt);

        var key = (await host.Client.GetFromJsonAsync<JsonElement>("/audit/key")).GetProperty("key").GetString();
        Assert.True(Base64UrlText.TryDecode(key, VerifyKey.Size, out var bytes));
        Assert.True(Base64UrlText.TryDecodeUpTo(receipt, ErasureReceipt.MaxSize, out var signed));
        var read = SignedErasureReceipt.Decode(signed);
        Assert.True(read.IsSignedBy(new VerifyKey(bytes)) && read.Receipt.IsOf(account.Id));
        for (var i = 0; i < signed.Length; i++)
        {
            var forged = (byte[])signed.Clone();
            forged[i] ^= 1;
            try
            {
                Assert.False(SignedErasureReceipt.Decode(forged).IsSignedBy(new VerifyKey(bytes)));
            }
            catch (Exception e) when (e is WireFormatException or Protocol.Vault.UpgradeRequiredException)
            {
                // As good.
            }
        }
    }

    [Fact]
    public async Task The_passphrase_of_an_erased_account_looks_like_one_that_never_was_also_to_its_owner()
    {
        await using var host = await TestHost.StartAsync(TwoApps);
        var account = await TestAccount.CreateAsync(host);
        var owner = await TestRealmClient.ConnectAsync(host.Client, await host.TokenAsync(account.Subject));
        using var slot = new TestRealmSlot(SystemRandom.Instance);
        using var never = new TestRealmSlot(SystemRandom.Instance);
        Assert.Equal("ok", (await owner.RegisterAsync(slot)).Slug);
        Assert.Equal(9, (await owner.GuessAsync(slot)).GuessesLeft);
        Assert.Equal(HttpStatusCode.OK, await SlotsAsync(host, owner.Token!));

        Assert.Equal(["erased"], (await RunAsync(host, await OperatorAsync(host, "demo"), account.Subject)).Select(o => o.GetProperty("outcome").GetString()));

        Assert.Equal(HttpStatusCode.NotFound, await SlotsAsync(host, owner.Token!));
        var (erased, unknown) = (await owner.GuessAsync(slot), await owner.GuessAsync(never));
        Assert.Equal((HttpStatusCode.NotFound, "not-found", unknown.Problem.GetRawText()), (erased.Code, erased.Slug, erased.Problem.GetRawText()));
    }

    private static async Task<HttpStatusCode> SlotsAsync(TestHost host, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/recovery/slots") { Headers = { Authorization = new("Bearer", token) } };
        using var answer = await host.Client.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task<string> OperatorAsync(TestHost host, string app, string scope = "keyrecovery.erase")
    {
        using var response = await host.Client.PostAsJsonAsync("/v1/dev/tokens", new { subject = "officer", app, scope });
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }

    private static Task<HttpResponseMessage> FileAsync(TestHost host, string? token, params string?[] subjects)
    {
        var body = string.Join('\n', subjects.Select(s => s is null ? "nonsense" : JsonSerializer.Serialize(new { subject = s })));
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/admin/erasures")
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-ndjson") } },
        };
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return host.Client.SendAsync(request);
    }

    private static async Task<List<JsonElement>> RunAsync(TestHost host, string token, params string?[] subjects)
    {
        using var filed = await FileAsync(host, token, subjects);
        Assert.Equal(HttpStatusCode.Accepted, filed.StatusCode);
        var job = (await filed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("job").GetString();
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/admin/erasures/{job}") { Headers = { Authorization = new("Bearer", token) } };
            using var answer = await host.Client.SendAsync(request);
            var report = await answer.Content.ReadFromJsonAsync<JsonElement>();
            if (report.GetProperty("state").GetString() == "done") return [.. report.GetProperty("outcomes").EnumerateArray()];
            await Task.Delay(50);
        }
    }
}
