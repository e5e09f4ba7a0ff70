using System.Net;
using System.Net.Http.Headers;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>What slots, young devices and removed ones may not do.</summary>
public sealed class AuthorityTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    [Fact]
    public async Task A_slot_changes_no_item()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync(account.Code);
        await fixture.RefusedAsync(
            () => account.CommitAsync(account.Code, TestAccount.ItemCommit(vault, account.Code)),
            HttpStatusCode.Forbidden, "forbidden", "link");

        var link = TestAccount.LinkCommit(vault, account.Code, [Party.Device()], []);
        var draft = ChainLinkDraft.Next(
            vault, new ChainLinkChange([Party.Device().Entry], []), account.Code.Id, 0, SystemRandom.Instance);
        var (item, change) = TestAccount.Put(vault, [1]);
        var manifest = ManifestDraft.Next(
            vault, draft, change, account.Code.Id, account.Code.Signing, SystemRandom.Instance);
        var both = new CommitBundle(link.Link, link.Keyset, Resigned(manifest, link, account.Code), [item]);
        await fixture.RefusedAsync(
            () => account.CommitAsync(account.Code, both), HttpStatusCode.Forbidden, "forbidden", "items");

        await fixture.RefusedAsync(
            () => account.SendAsync(
                account.Code, HttpMethod.Put, $"/v1/items/{KeyRecovery.Hash256.Of(item)}", item,
                "application/octet-stream"),
            HttpStatusCode.Forbidden, "forbidden", "items");
    }

    [Fact]
    public async Task A_device_does_not_use_the_recovery_route()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        await fixture.RefusedAsync(
            () => account.SendAsync(account.Phone, HttpMethod.Post, "/v1/recovery"), HttpStatusCode.Forbidden,
            "forbidden", "keyid");
    }

    [Fact]
    public async Task A_commit_is_signed_by_whoever_sends_it()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        await fixture.RefusedAsync(
            () => account.CommitAsync(account.Code, TestAccount.LinkCommit(vault, account.Phone, [Party.Device()], [])),
            HttpStatusCode.Forbidden, "forbidden", "link.signer");
    }

    [Fact]
    public async Task A_removed_device_hears_that_it_was_removed()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        var laptop = Party.Device();
        using var vault = await account.OpenAsync();
        await account.CommittedAsync(account.Phone, TestAccount.LinkCommit(vault, account.Phone, [laptop], []));
        using var next = await account.OpenAsync();
        await account.CommittedAsync(account.Phone, TestAccount.LinkCommit(next, account.Phone, [], [laptop.Id]));
        await fixture.RefusedAsync(
            () => account.SendAsync(laptop, HttpMethod.Get, "/v1/vault"), HttpStatusCode.Forbidden, "revoked");
        await fixture.RefusedAsync(
            () => account.CommitAsync(laptop, TestAccount.ItemCommit(next, laptop)),
            HttpStatusCode.Forbidden, "revoked");
        await fixture.RefusedAsync(
            () => account.SendAsync(laptop, HttpMethod.Post, "/v1/repair", Contract.VaultTests.Repair(next).Encode()),
            HttpStatusCode.UnprocessableEntity, "refused", "links", "not-behind");
    }

    [Fact]
    public async Task A_removed_code_is_nobody()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        await account.CommittedAsync(
            account.Phone, TestAccount.LinkCommit(vault, account.Phone, [], [account.Code.Id]));
        await fixture.RefusedAsync(
            () => account.SendAsync(account.Code, HttpMethod.Post, "/v1/recovery"), HttpStatusCode.Unauthorized,
            "signature-invalid");
    }

    [Fact]
    public async Task A_young_device_removes_nobody_and_begins_no_epoch_and_is_told_when_it_may()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        var (laptop, tablet) = (Party.Device(), Party.Device());
        using var vault = await account.OpenAsync();
        await account.CommittedAsync(account.Phone, TestAccount.LinkCommit(vault, account.Phone, [laptop], []));
        using var seen = await account.OpenAsync(laptop);
        foreach (var older in new[] { account.Phone.Id, account.Code.Id })
        {
            var problem = await fixture.RefusedAsync(
                () => account.CommitAsync(laptop, TestAccount.LinkCommit(seen, laptop, [], [older])),
                HttpStatusCode.Forbidden, "young-authority", "link.remove");
            Assert.InRange(problem.GetProperty("trustedFrom").GetInt64() - DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
                (72 * 3600) - 60, 72 * 3600);
        }

        await fixture.RefusedAsync(
            () => account.CommitAsync(laptop, TestAccount.LinkCommit(seen, laptop, [], [], beginEpoch: true)),
            HttpStatusCode.Forbidden, "young-authority", "link.epoch");
        // Whom it adds it does not remove either, and that one adds nobody.
        await account.CommittedAsync(laptop, TestAccount.LinkCommit(seen, laptop, [tablet], []));
        using var later = await account.OpenAsync(laptop);
        await fixture.RefusedAsync(
            () => account.CommitAsync(laptop, TestAccount.LinkCommit(later, laptop, [], [tablet.Id])),
            HttpStatusCode.Forbidden, "young-authority", "link.remove");
        await fixture.RefusedAsync(
            () => account.CommitAsync(tablet, TestAccount.LinkCommit(later, tablet, [Party.Device()], [])),
            HttpStatusCode.Forbidden, "young-authority", "link.add");
    }

    [Fact]
    public async Task Where_the_app_asks_for_its_token_a_code_alone_recovers_nothing()
    {
        var account = await TestAccount.CreateAsync(fixture.Host, VaultFixture.StrictApp);
        var stranger = await TestAccount.CreateAsync(fixture.Host, VaultFixture.StrictApp);
        byte[] repair;
        using (var vault = await account.OpenAsync()) repair = Contract.VaultTests.Repair(vault).Encode();
        string?[] wrong =
        [
            null, "x.y.z",
            await fixture.Host.TokenAsync(stranger.Subject, VaultFixture.StrictApp),
            await fixture.Host.TokenAsync(account.Subject, "demo"),
        ];
        foreach (var token in wrong)
        {
            foreach (var (method, target) in new[] { (HttpMethod.Post, "/v1/recovery"), (HttpMethod.Get, "/v1/vault") })
            {
                await fixture.RefusedAsync(
                    () => account.SendAsync(account.Code, method, target, adjust: Bearer(token)),
                    HttpStatusCode.Unauthorized, "token-invalid");
            }

            await fixture.RefusedAsync(
                () => account.SendAsync(account.Code, HttpMethod.Post, "/v1/repair", repair, adjust: Bearer(token)),
                HttpStatusCode.Unauthorized, "token-invalid");
        }

        // A stranger hears of the signature and not of the token.
        var right = await fixture.Host.TokenAsync(account.Subject, VaultFixture.StrictApp);
        await fixture.RefusedAsync(
            () => account.SendAsync(
                Party.Code(account.Code.Id), HttpMethod.Post, "/v1/recovery", adjust: Bearer(right)),
            HttpStatusCode.Unauthorized, "signature-invalid");

        using var recovery = await account.SendAsync(
            account.Code, HttpMethod.Post, "/v1/recovery", adjust: Bearer(right));
        Assert.Equal(HttpStatusCode.OK, recovery.StatusCode);
        using var repaired = await account.SendAsync(
            account.Code, HttpMethod.Post, "/v1/repair", repair, adjust: Bearer(right));
        Assert.Equal(HttpStatusCode.OK, repaired.StatusCode);
        using var device = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault");
        Assert.Equal(HttpStatusCode.OK, device.StatusCode);

        // But to call an erasure off: whoever has the account's login has its token, and the paper is the owner's.
        using var asked = await account.SendAsync(account.Phone, HttpMethod.Post, "/v1/erasure?round=0");
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        using var off = await account.SendAsync(account.Code, HttpMethod.Delete, "/v1/erasure?round=0");
        Assert.Equal(HttpStatusCode.NoContent, off.StatusCode);
    }

    private static Action<HttpRequestMessage> Bearer(string? token) => request =>
    {
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
    };

    private static SignedManifest Resigned(SignedManifest manifest, CommitBundle link, Party by) => SignedManifest.Sign(
        manifest.Manifest with { ChainHead = new ChainPlace(link.Link!.Link.Sequence, link.Link.Hash) }, by.Signing);
}
