using System.Net;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>Requests that come late, twice, or from a wrong clock.</summary>
public sealed class StaleRequestTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    [Fact]
    public async Task A_commit_on_an_older_state_is_told_where_the_account_stands()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        var faster = TestAccount.ItemCommit(vault, account.Phone);
        await account.CommittedAsync(account.Phone, faster);
        foreach (var late in new[] { TestAccount.ItemCommit(vault, account.Phone),
            TestAccount.LinkCommit(vault, account.Phone, [Party.Device()], []) })
        {
            var problem = await fixture.RefusedAsync(
                () => account.CommitAsync(account.Phone, late), HttpStatusCode.Conflict, "stale-version");
            var heads = problem.GetProperty("heads");
            Assert.Equal($"{account.Id}", heads.GetProperty("accountId").GetString());
            Assert.Equal(0, heads.GetProperty("chainSeq").GetInt32());
            Assert.Equal($"{vault.Vault.Chain.Head.Hash}", heads.GetProperty("chainHash").GetString());
            Assert.Equal(2, heads.GetProperty("manifestVersion").GetInt32());
            Assert.Equal($"{faster.Manifest.Hash}", heads.GetProperty("manifestHash").GetString());
            Assert.Equal(
                new[] { account.Phone.Id, account.Code.Id }.Order().Select(id => $"{id}"),
                heads.GetProperty("trustedFrom").EnumerateArray().Select(age => age.GetProperty("id").GetString()));
        }

        Assert.Equal($"\"{faster.Manifest.Hash}\"", await account.EntityTagAsync());
    }

    [Fact]
    public async Task The_same_commit_again_gets_the_same_answer_and_changes_nothing()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        foreach (var commit in new[] {
            TestAccount.LinkCommit(vault, account.Phone, [Party.Device()], [account.Code.Id]),
        })
        {
            using var first = await account.CommitAsync(account.Phone, commit);
            var before = await StoreSnapshot.TakeAsync(fixture.Host);
            using var second = await account.CommitAsync(account.Phone, commit);
            Assert.Equal(HttpStatusCode.OK, second.StatusCode);
            Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
            Assert.Equal(before, await StoreSnapshot.TakeAsync(fixture.Host));
        }
    }

    [Fact]
    public async Task A_commit_replayed_after_another_is_a_conflict()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        var old = TestAccount.ItemCommit(vault, account.Phone);
        await account.CommittedAsync(account.Phone, old);
        using var next = await account.OpenAsync();
        await account.CommittedAsync(account.Phone, TestAccount.ItemCommit(next, account.Phone));
        await fixture.RefusedAsync(
            () => account.CommitAsync(account.Phone, old), HttpStatusCode.Conflict, "stale-version");
    }

    [Fact]
    public async Task An_item_put_twice_is_stored_once()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        var (item, _) = TestAccount.Put(vault, [1, 2, 3]);
        var target = $"/v1/items/{Hash256.Of(item)}";
        using var first = await account.SendAsync(
            account.Phone, HttpMethod.Put, target, item, "application/octet-stream");
        Assert.Equal(HttpStatusCode.NoContent, first.StatusCode);
        var before = await StoreSnapshot.TakePlacesAsync(fixture.Host);
        using var second = await account.SendAsync(
            account.Phone, HttpMethod.Put, target, item, "application/octet-stream");
        Assert.Equal(HttpStatusCode.NoContent, second.StatusCode);
        Assert.Equal(before, await StoreSnapshot.TakePlacesAsync(fixture.Host));
    }

    [Theory]
    [InlineData("POST", "/v1/commits", "application/cbor")]
    [InlineData("POST", "/v1/repair", "application/cbor")]
    [InlineData("PUT", "/v1/items/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "application/octet-stream")]
    public async Task A_wrong_clock_is_told_the_time(string method, string target, string type)
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        var problem = await fixture.RefusedAsync(
            () => fixture.Host.Client.SendAsync(account.Phone.Of(account.Id).Request(
                fixture.Host.Address, new HttpMethod(method), target, [1], type,
                created: DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 400)),
            HttpStatusCode.Unauthorized, "clock-skew");
        Assert.InRange(problem.GetProperty("serverTime").GetInt64() - DateTimeOffset.UtcNow.ToUnixTimeSeconds(), -5, 5);
    }

    // The table of what waits says anew since when.
}
