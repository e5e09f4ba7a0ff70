using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Service.Export;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Api.Tests.Export;

/// <summary>Who is given an export, how often, and what is left of it (docs/protocol.md §22).</summary>
public sealed class ExportRouteTests
{
    [Fact]
    public async Task A_few_a_day_are_given_and_neither_device_nor_officer_uses_up_the_others()
    {
        await using var host = await TestHost.StartAsync(
            new(VaultFixture.Settings) { ["RateLimits:ExportsPerDay"] = "2" });
        var account = await TestAccount.CreateAsync(host);
        var officer = await Officer.TokenAsync(host, "demo", "keyrecovery.export");
        for (var i = 0; i < 2; i++)
        {
            using var given = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/export");
            Assert.Equal(HttpStatusCode.OK, given.StatusCode);
        }

        using var late = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/export");
        await ProblemAssert.IsAsync(late, HttpStatusCode.TooManyRequests, "rate-limited");
        // Whoever may not have it uses nothing up.
        var theirs = await Officer.TokenAsync(host, "other", "keyrecovery.export");
        using var stranger = await OfficerAsync(host, theirs, account);
        Assert.Equal(HttpStatusCode.NotFound, stranger.StatusCode);
        using var told = await OfficerAsync(host, officer, account);
        var document = await told.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("operator", document.GetProperty("madeFor").GetString());
        Assert.Equal(account.Subject, document.GetProperty("account").GetProperty("subject").GetString());
        Assert.True(document.GetProperty("complete").GetBoolean());
        // How the server writes it is no part of it.
        Assert.DoesNotMatch("\"(section|isElement)\":", document.GetRawText());
        // Each of the three is told to the account's devices, the officer's without an authority.
        var exports = document.GetProperty("activity").EnumerateArray()
            .Where(entry => entry.GetProperty("event").GetString() == "exported").ToList();
        Assert.Equal(
            ["device", "device", "operator"], exports.Select(entry => entry.GetProperty("role").GetString()));
        Assert.False(exports[^1].TryGetProperty("actor", out var actor) && actor.ValueKind != JsonValueKind.Null);
    }

    [Fact]
    public async Task An_officer_without_the_scope_an_ordinary_user_and_another_app_get_nothing()
    {
        await using var host = await TestHost.StartAsync(VaultFixture.Settings);
        var account = await TestAccount.CreateAsync(host);
        using var without = await OfficerAsync(host, await Officer.TokenAsync(host, "demo"), account);
        await ProblemAssert.IsAsync(without, HttpStatusCode.Forbidden, "forbidden", "scope");
        using var user = await OfficerAsync(host, await host.TokenAsync(account.Subject), account);
        await ProblemAssert.IsAsync(user, HttpStatusCode.Unauthorized, "token-invalid");
        using var other = await OfficerAsync(
            host, await Officer.TokenAsync(host, "other", "keyrecovery.export"), account);
        await ProblemAssert.IsAsync(other, HttpStatusCode.NotFound, "not-found");
        using var leaves = await host.Client.SendAsync(new HttpRequestMessage(
            HttpMethod.Post, "/v1/admin/erasures/leaves")
        {
            Content = JsonContent.Create(new { leaves = Array.Empty<string>() }),
            Headers = { Authorization = new("Bearer", await Officer.TokenAsync(host, "demo", "keyrecovery.export")) },
        });
        await ProblemAssert.IsAsync(leaves, HttpStatusCode.Forbidden, "forbidden", "scope");
    }

    [Fact]
    public void A_table_that_no_section_names_is_told_apart_from_the_servers_own()
    {
        var forgotten = Table.Of(200, "forgotten", StoreKind.Data, RowsOf.Account, 6);
        Assert.Null(ExportScope.SectionOf(forgotten));
        Assert.Null(ExportScope.ReasonAgainst(forgotten));
        Assert.NotNull(ExportScope.ReasonAgainst(Table.Secrets));
    }

    private static Task<HttpResponseMessage> OfficerAsync(TestHost host, string token, TestAccount account) =>
        host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, $"/v1/admin/accounts/{account.Id}/export")
        {
            Headers = { Authorization = new("Bearer", token) },
        });
}
