using System.Net;
using System.Security.Cryptography;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>Other people's accounts, apps, slots and items.</summary>
public sealed class ForeignAccountTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    [Fact]
    public async Task A_token_makes_one_account_and_the_same_creation_again_gets_the_same_answer()
    {
        var begin = Party.Device().Begin("demo", Party.Code()).Encode();
        var token = await fixture.Host.TokenAsync("twice");
        using var first = await fixture.Host.CreateAccountAsync(token, begin);
        var before = await StoreSnapshot.TakePlacesAsync(fixture.Host);
        using var second = await fixture.Host.CreateAccountAsync(token, begin);
        Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
        Assert.Equal(before, await StoreSnapshot.TakePlacesAsync(fixture.Host));

        await fixture.RefusedAsync(
            () => fixture.Host.CreateAccountAsync(token, Party.Device().Begin("demo").Encode()),
            HttpStatusCode.Conflict, "account-exists");
        var other = await fixture.Host.TokenAsync("twice-other");
        await fixture.RefusedAsync(
            () => fixture.Host.CreateAccountAsync(other, begin), HttpStatusCode.Conflict, "account-exists");
    }

    [Fact]
    public async Task Without_a_token_or_with_a_wrong_one_no_account_is_made()
    {
        var begin = Party.Device().Begin("demo").Encode();
        await fixture.RefusedAsync(
            () => fixture.Host.CreateAccountAsync(null, begin), HttpStatusCode.Unauthorized, "unauthenticated");
        await fixture.RefusedAsync(
            () => fixture.Host.CreateAccountAsync("x.y.z", begin), HttpStatusCode.Unauthorized, "token-invalid");
    }

    [Fact]
    public async Task Link_0_of_one_app_does_not_begin_an_account_of_another()
    {
        var token = await fixture.Host.TokenAsync("anna", "other");
        await fixture.RefusedAsync(
            () => fixture.Host.CreateAccountAsync(token, Party.Device().Begin("demo").Encode()),
            HttpStatusCode.UnprocessableEntity, "refused", "link", "other-beginning");
    }

    [Fact]
    public async Task A_slot_id_that_is_taken_is_refused_at_creation_and_later()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        var token = await fixture.Host.TokenAsync("slot-thief");
        await fixture.RefusedAsync(
            () => fixture.Host.CreateAccountAsync(
                token, Party.Device().Begin("demo", Party.Code(account.Code.Id)).Encode()),
            HttpStatusCode.Conflict, "slot-exists", "link.add");

        var thief = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await thief.OpenAsync();
        await fixture.RefusedAsync(
            () => thief.CommitAsync(
                thief.Phone, TestAccount.LinkCommit(vault, thief.Phone, [Party.Code(account.Code.Id)], [])),
            HttpStatusCode.Conflict, "slot-exists", "link.add");
        using var still = await account.SendAsync(account.Code, HttpMethod.Post, "/v1/recovery");
        Assert.Equal(HttpStatusCode.OK, still.StatusCode);
    }

    [Fact]
    public async Task A_device_speaks_for_its_own_account_only()
    {
        var (mine, other) = (await TestAccount.CreateAsync(fixture.Host), await TestAccount.CreateAsync(fixture.Host));
        var impostor = mine.Phone.Of(other.Id);
        await fixture.RefusedAsync(
            () => fixture.Host.Client.SendAsync(impostor.Request(fixture.Host.Address, HttpMethod.Get, "/v1/vault")),
            HttpStatusCode.Unauthorized, "signature-invalid");

        using var vault = await other.OpenAsync();
        await fixture.RefusedAsync(
            () => mine.CommitAsync(mine.Phone, TestAccount.ItemCommit(vault, mine.Phone)),
            HttpStatusCode.UnprocessableEntity, "refused", "manifest", "other-account");
    }

    [Fact]
    public async Task Another_accounts_items_are_not_found_and_not_taken()
    {
        var (mine, other) = (await TestAccount.CreateAsync(fixture.Host), await TestAccount.CreateAsync(fixture.Host));
        using var theirs = await other.OpenAsync();
        var commit = TestAccount.ItemCommit(theirs, other.Phone);
        await other.CommittedAsync(other.Phone, commit);
        var item = commit.Items[0].ToArray();
        var hash = Hash256.Of(item);

        await fixture.RefusedAsync(
            () => mine.SendAsync(mine.Phone, HttpMethod.Get, $"/v1/items/{hash}"), HttpStatusCode.NotFound,
            "not-found");
        await fixture.RefusedAsync(
            () => mine.SendAsync(mine.Phone, HttpMethod.Put, $"/v1/items/{hash}", item, "application/octet-stream"),
            HttpStatusCode.UnprocessableEntity, "refused", "item", "other-account");
        using var vault = await mine.OpenAsync();
        var entry = commit.Manifest.Manifest.Items[0];
        var change = new ManifestChange { Put = [(entry, new ItemNote(entry.Id, "stolen", 1, 0))] };
        await fixture.RefusedAsync(
            () => mine.CommitAsync(
                mine.Phone, new CommitBundle(null, null, TestAccount.Manifest(vault, mine.Phone, change), [item])),
            HttpStatusCode.UnprocessableEntity, "refused", "items", "item-header");
    }

    [Fact]
    public async Task A_repair_needs_somebody_of_the_chain_that_it_carries()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        var repair = Contract.VaultTests.Repair(vault).Encode();
        var stranger = Party.Device();
        await fixture.RefusedAsync(
            () => account.SendAsync(stranger, HttpMethod.Post, "/v1/repair", repair), HttpStatusCode.Unauthorized,
            "signature-invalid");
        using var impostor = new Signer(account.Phone.Of(account.Id).KeyId, stranger.Signing);
        await fixture.RefusedAsync(
            () => fixture.Host.Client.SendAsync(
                impostor.Request(fixture.Host.Address, HttpMethod.Post, "/v1/repair", repair)),
            HttpStatusCode.Unauthorized, "signature-invalid");
        // A slot is somebody too: its account is found by its lookup. Another's slot is not in these links.
        using (var byCode = await account.SendAsync(account.Code, HttpMethod.Post, "/v1/repair", repair))
            Assert.Equal(HttpStatusCode.OK, byCode.StatusCode);
        var other = await TestAccount.CreateAsync(fixture.Host);
        await fixture.RefusedAsync(
            () => account.SendAsync(other.Code, HttpMethod.Post, "/v1/repair", repair), HttpStatusCode.Unauthorized,
            "signature-invalid");
        await fixture.RefusedAsync(
            () => account.SendAsync(account.Phone, HttpMethod.Post, "/v1/repair", RandomNumberGenerator.GetBytes(100)),
            HttpStatusCode.BadRequest, "malformed", "repair");
    }

    [Fact]
    public async Task A_repair_with_another_history_of_an_account_that_is_as_it_was_is_refused()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        var fork = TestAccount.LinkCommit(vault, account.Phone, [Party.Device()], []);
        await account.CommittedAsync(account.Phone, TestAccount.LinkCommit(vault, account.Phone, [Party.Device()], []));
        var repair = new RepairBundle(vault.Vault.Links.Add(fork.Link!), [fork.Keyset!], fork.Manifest).Encode();
        await fixture.RefusedAsync(
            () => account.SendAsync(account.Phone, HttpMethod.Post, "/v1/repair", repair),
            HttpStatusCode.UnprocessableEntity, "refused", "links", "not-behind");
    }
}
