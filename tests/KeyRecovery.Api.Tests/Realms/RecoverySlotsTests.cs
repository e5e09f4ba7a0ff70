using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.Api.Tests.Realms;

/// <summary>What a user without a device is told by the app's token, and which slots a server does not take.</summary>
public sealed class RecoverySlotsTests(RealmFixture fixture) : IClassFixture<RealmFixture>
{
    [Fact]
    public async Task The_active_passphrase_slots_are_told_with_the_parameters_of_the_links_that_added_them()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        Assert.Equal([], (await SlotsAsync(account.Subject)).EnumerateArray());
        var slots = new List<Party>();
        for (var i = 0; i < 3; i++)
        {
            slots.Add(Party.Passphrase(Parameters()));
            using var vault = await account.OpenAsync();
            await account.CommittedAsync(account.Phone, TestAccount.LinkCommit(vault, account.Phone, [slots[^1]], []));
        }

        using (var vault = await account.OpenAsync())
            await account.CommittedAsync(
                account.Phone, TestAccount.LinkCommit(vault, account.Phone, [], [slots[1].Id]));

        var told = (await SlotsAsync(account.Subject)).EnumerateArray().Select(s =>
            (s.GetProperty("id").GetString(), s.GetProperty("signingKey").GetString(), s.GetProperty("parameters")
                .GetString())).Order();
        var expected = new[] { slots[0], slots[2] }.Select(s =>
            ((string?)s.Id.ToString(), (string?)s.Signing.PublicKey.ToString(),
                (string?)Base64UrlText.Encode(s.Parameters.Span))).Order();
        Assert.Equal(expected, told);
    }

    [Fact]
    public async Task Who_has_no_account_in_this_app_hears_nothing()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        foreach (var token in new[] {
            await fixture.Host.TokenAsync("nobody"), await fixture.Host.TokenAsync(account.Subject, "other"),
        })
        {
            using var response = await GetAsync(token);
            await ProblemAssert.IsAsync(response, HttpStatusCode.NotFound, "not-found");
        }

        using var anonymous = await GetAsync(null);
        await ProblemAssert.IsAsync(anonymous, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task A_slot_whose_parameters_no_client_would_use_is_refused_when_it_is_set()
    {
        var good = Parameters();
        var account = await TestAccount.CreateAsync(fixture.Host);
        foreach (var bad in new byte[][] { [], [1], good[..^1], [.. good, 0], Weak(good) })
        {
            using var vault = await account.OpenAsync();
            var commit = TestAccount.LinkCommit(vault, account.Phone, [Party.Passphrase(bad)], []);
            using var refused = await account.CommitAsync(account.Phone, commit);
            var problem = await ProblemAssert.IsAsync(refused, HttpStatusCode.UnprocessableEntity, "refused", "link");
            Assert.Equal("slot-parameters", problem.GetProperty("rule").GetString());
        }

        // Its realms would have to know the head of an account that is not there yet.
        var begin = Party.Device().Begin("demo", Party.Passphrase(good));
        using var creation = await fixture.Host.CreateAccountAsync(
            await fixture.Host.TokenAsync("new"), begin.Encode());
        Assert.Equal("other-beginning", (await ProblemAssert.IsAsync(
            creation, HttpStatusCode.UnprocessableEntity, "refused", "link")).GetProperty("rule").GetString());
    }

    private static byte[] Parameters()
    {
        using var slot = new TestRealmSlot(SystemRandom.Instance, realms: 3, threshold: 2);
        return PassphraseParameters.Create(
            StretchProfile.Mobile, 2,
            [.. slot.Key.ShareKeys.Select((key, i) => new RealmShare(Hash256.Of([(byte)i]), key))]).Encode();
    }

    // One pass over the memory instead of four: well-formed, and below the floor.
    private static byte[] Weak(byte[] good)
    {
        var weak = good.ToArray();
        var label = System.Text.Encoding.UTF8.GetByteCount(Protocol.Primitives.Labels.PassphraseSlot);
        var passes = 1 + 2 + label + 1;
        Assert.Equal(StretchProfile.Mobile.Passes, weak[passes]);
        weak[passes] = 1;
        return weak;
    }

    private async Task<JsonElement> SlotsAsync(string subject)
    {
        using var response = await GetAsync(await fixture.Host.TokenAsync(subject));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()).GetProperty("slots");
    }

    private Task<HttpResponseMessage> GetAsync(string? token)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/recovery/slots");
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return fixture.Host.Client.SendAsync(request);
    }
}
