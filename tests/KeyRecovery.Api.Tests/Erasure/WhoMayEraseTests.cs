using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Realms;
using TestHome = KeyRecovery.Testing.TestHome;

namespace KeyRecovery.Api.Tests.Erasure;

/// <summary>Who may have an account erased, and who may not.</summary>
public sealed class WhoMayEraseTests
{
    private static readonly Dictionary<string, string> TwoApps = new()
    {
        ["Apps:0:Id"] = "demo", ["Apps:0:Issuer"] = "urn:keyrecovery:development", ["Apps:0:Audience"] = "demo",
        ["Apps:0:Policy:Erasure:HoldHours"] = "0",
        ["Apps:1:Id"] = "other", ["Apps:1:Issuer"] = "urn:keyrecovery:development", ["Apps:1:Audience"] = "other",
        [TestHome.KnownTo().Key] = TestHome.KnownTo().Value, [TestHome.KnownTo(1).Key] = TestHome.KnownTo(1).Value,
    };

    [Fact]
    public async Task A_token_a_slot_a_young_and_a_revoked_device_cannot_erase()
    {
        await using var host = await TestHost.StartAsync();
        var account = await TestAccount.CreateAsync(host);
        using (var bare = new HttpRequestMessage(HttpMethod.Post,
            "/v1/erasure?round=0") {
                Headers = { Authorization = new("Bearer", await host.TokenAsync(account.Subject)) } })
        using (var answer = await host.Client.SendAsync(bare))
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        using (var answer = await account.SendAsync(account.Code, HttpMethod.Post, "/v1/erasure?round=0"))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.Forbidden, "forbidden", "keyid");

        var young = Party.Device();
        await account.CommittedAsync(
            account.Phone, TestAccount.LinkCommit(await account.OpenAsync(), account.Phone, [young], []));
        using (var answer = await account.SendAsync(young, HttpMethod.Post, "/v1/erasure?round=0"))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.Forbidden, "young-authority");
        await account.CommittedAsync(
            account.Phone, TestAccount.LinkCommit(await account.OpenAsync(), account.Phone, [], [young.Id]));
        using (var answer = await account.SendAsync(young, HttpMethod.Post, "/v1/erasure?round=0"))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.Forbidden, "revoked");

        using (var answer = await account.SendAsync(account.Phone, HttpMethod.Post, "/v1/erasure?round=0"))
        {
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            Assert.Equal(
                "held", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString());
        }

        // Devices are told of it; slots read as ever.
        using (var answer = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault"))
            Assert.True(answer.Headers.Contains("Erasure-Due-In"));
        using (var answer = await account.SendAsync(account.Code, HttpMethod.Get, "/v1/vault"))
            Assert.Equal((HttpStatusCode.OK, false), (answer.StatusCode, answer.Headers.Contains("Erasure-Due-In")));

        using (var answer = await account.SendAsync(Party.Device(), HttpMethod.Delete, "/v1/erasure"))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.Unauthorized, "signature-invalid");
        // It was removed less than three days before the request: it may cancel.
        using (var answer = await account.SendAsync(young, HttpMethod.Delete, "/v1/erasure"))
            Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        using (var answer = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/erasure"))
            Assert.Equal(
                "none", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString());
        using (var answer = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault"))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task An_operator_erases_in_its_own_app_and_the_410_has_a_receipt_that_verifies_unless_tampered_with()
    {
        await using var host = await TestHost.StartAsync(TwoApps);
        var (account, kept) = (await TestAccount.CreateAsync(host), await TestAccount.CreateAsync(host, "other"));
        using (var answer = await Officer.FileAsync(host, await host.TokenAsync(account.Subject), account.Subject))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.Unauthorized, "token-invalid");
        using (var answer = await Officer.FileAsync(host, null, account.Subject))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.Unauthorized, "unauthenticated");
        using (var answer = await Officer.FileAsync(host, await Officer.TokenAsync(host, "demo", "keyrecovery.read"),
            account.Subject)) await ProblemAssert.IsAsync(answer, HttpStatusCode.Forbidden, "forbidden", "scope");
        var (mine, theirs) = (await Officer.TokenAsync(host, "demo"), await Officer.TokenAsync(host, "other"));
        using (var answer = await Officer.FileAsync(host, mine, account.Subject, null))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.BadRequest, "malformed", "line 2");

        // The other app's operator names the same user: in its own app there is none.
        Assert.Equal(["unknown"],
            (await Officer.RunAsync(host, theirs, account.Subject)).Select(o => o.GetProperty("outcome").GetString()));
        using (var answer = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault"))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        var outcomes = await Officer.RunAsync(host, mine, account.Subject, "nobody", kept.Subject);
        Assert.Equal(["erased", "unknown", "unknown"], outcomes.Select(o => o.GetProperty("outcome").GetString()));
        using (var answer = await kept.SendAsync(kept.Phone, HttpMethod.Get, "/v1/vault"))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var gone = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault");
        var receipt = (await ProblemAssert.IsAsync(gone, HttpStatusCode.Gone, "erased")).GetProperty("receipt")
            .GetString();
        var signed = Statement(receipt);
        Assert.Equal(Statement(outcomes[0].GetProperty("receipt").GetString()), signed);

        var key = (await host.Client.GetFromJsonAsync<JsonElement>("/audit/key")).GetProperty("key").GetString();
        Assert.True(Base64UrlText.TryDecode(key, VerifyKey.Size, out var bytes));
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
            catch (Exception e) when (e is WireFormatException or UpgradeRequiredException)
            {
                // As good.
            }
        }
    }

    [Theory]
    [InlineData("keyrecovery.events", "keyrecovery.erase", false)]
    [InlineData("keyrecovery.erase", "keyrecovery.events", false)]
    [InlineData("keyrecovery.erase", "keyrecovery.erased", false)]
    [InlineData("keyrecovery.erase", "keyrecovery.events keyrecovery.erase", true)]
    [InlineData(null, "keyrecovery.erase", true)]
    public async Task Both_the_token_and_the_settings_must_name_the_scope(string? granted, string word, bool may)
    {
        var settings = new Dictionary<string, string>
        {
            ["Operators:0:App"] = "demo", ["Operators:0:Issuer"] = "urn:keyrecovery:development",
            ["Operators:0:Audience"] = "officers",
        };
        if (granted is not null) settings["Operators:0:Scopes:0"] = granted;
        await using var host = await TestHost.StartAsync(settings);
        using var answer = await Officer.FileAsync(host, await Officer.TokenAsync(host, "demo", word), "nobody");
        if (may) Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        else await ProblemAssert.IsAsync(answer, HttpStatusCode.Forbidden, "forbidden", "scope");
    }

    [Fact]
    public async Task Erasing_a_person_in_one_app_leaves_their_account_and_their_share_in_another_whole()
    {
        await using var host = await TestHost.StartAsync(TwoApps);
        var here = await TestAccount.CreateAsync(host);
        var there = await TestAccount.CreateAsync(host, "other", here.Subject);
        using var slot = new TestRealmSlot(SystemRandom.Instance, "other");
        var owner = await TestRealmClient.ConnectAsync(host.Client, await host.TokenAsync(there.Subject, "other"));
        Assert.Equal("ok", (await owner.RegisterAsync(slot)).Slug);

        // Their other device signs for nobody but its own account.
        using (var request = there.Phone.Of(here.Id).Request(host.Address, HttpMethod.Post, "/v1/erasure?round=0"))
        using (var answer = await host.Client.SendAsync(request))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.Unauthorized, "signature-invalid");
        var mine = await Officer.TokenAsync(host, "demo");
        using (var filed = await Officer.FileAsync(host, mine, here.Subject))
        {
            // The other app's operator does not even hear how it stands.
            using var answer = await Officer.ReadAsync(
                host, await Officer.TokenAsync(host, "other"), await Officer.JobAsync(filed));
            await ProblemAssert.IsAsync(answer, HttpStatusCode.NotFound, "not-found");
        }

        Assert.Equal(["erased"],
            (await Officer.RunAsync(host, mine, here.Subject)).Select(o => o.GetProperty("outcome").GetString()));
        using (var gone = await here.SendAsync(here.Phone, HttpMethod.Get, "/v1/vault"))
            await ProblemAssert.IsAsync(gone, HttpStatusCode.Gone, "erased");
        await there.CommittedAsync(there.Phone, TestAccount.ItemCommit(await there.OpenAsync(), there.Phone));
        using (var answer = await there.SendAsync(there.Code, HttpMethod.Post, "/v1/recovery"))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(9, (await owner.GuessAsync(slot)).GuessesLeft);
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

        Assert.Equal(["erased"],
            (await Officer.RunAsync(host, await Officer.TokenAsync(host, "demo"), account.Subject))
                .Select(o => o.GetProperty("outcome").GetString()));

        Assert.Equal(HttpStatusCode.NotFound, await SlotsAsync(host, owner.Token!));
        var (erased, unknown) = (await owner.GuessAsync(slot), await owner.GuessAsync(never));
        Assert.Equal((HttpStatusCode.NotFound, "not-found", unknown.Problem.GetRawText()),
            (erased.Code, erased.Slug, erased.Problem.GetRawText()));
    }

    private static async Task<HttpStatusCode> SlotsAsync(TestHost host, string token)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, "/v1/recovery/slots") { Headers = { Authorization = new("Bearer", token) } };
        using var answer = await host.Client.SendAsync(request);
        return answer.StatusCode;
    }

    // What was signed: the log's proof comes around it a moment later.
    private static byte[] Statement(string? receipt)
    {
        Assert.True(Base64UrlText.TryDecodeUpTo(receipt, SignedErasureReceipt.MaxSize, out var bytes));
        return SignedErasureReceipt.Decode(bytes).Statement.ToArray();
    }
}
