using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Api.Tests.Backups;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Repairs;

/// <summary>What a server that was restored answers, by the real verbs: each no with its claim.</summary>
// A set holds the files of both stores.
[Trait("Store", "Files")]
public sealed class RestoredAnswersTests
{
    [Fact]
    public async Task An_account_that_lacks_its_newest_link_is_read_by_who_was_there_and_mended_and_says_why()
    {
        using var site = new BackupSite();
        string set;
        OpenVault known;
        TestAccount account;
        var (laptop, tablet) = (Party.Device(), Party.Device());
        ReadOnlyMemory<byte> commit;
        await using (var host = await site.StartAsync())
        {
            account = await TestAccount.CreateAsync(host);
            using (var vault = await account.OpenAsync())
                await account.CommittedAsync(account.Phone, TestAccount.LinkCommit(vault, account.Phone, [tablet], []));
            set = await site.BackUpAsync(host);
            using (var vault = await account.OpenAsync())
                await account.CommittedAsync(account.Phone, TestAccount.LinkCommit(vault, account.Phone, [laptop], []));
            using (var vault = await account.OpenAsync())
                commit = TestAccount.LinkCommit(vault, account.Phone, [], [tablet.Id]).Encode();
            using (var removed = await account.SendAsync(
                account.Phone, HttpMethod.Post, "/v1/commits", commit.ToArray()))
                Assert.Equal(HttpStatusCode.OK, removed.StatusCode);
            using var read = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault?manifestAfter=1");
            known = account.Open(account.Phone, await read.Content.ReadAsByteArrayAsync());
        }

        Assert.Equal("done", (await site.RestoreAsync(set, "--replace")).Outcome);
        await using var restored = await site.StartAsync();
        account = account.At(restored);
        using (known) await MendedAsync(account, known, laptop, tablet);
    }

    private static async Task MendedAsync(TestAccount account, OpenVault known, Party laptop, Party tablet)
    {
        // Who stands in both reads, and is told who was active; also with the ETag of what it is served.
        using (var read = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault?manifestAfter=1"))
        {
            Assert.Equal(HttpStatusCode.OK, read.StatusCode);
            var told = VaultBundle.Decode(await read.Content.ReadAsByteArrayAsync());
            Assert.Equal(
                new[] { account.Phone.Id, account.Code.Id, laptop.Id }.Order(), told.ActiveAtMinChain);
            Assert.Single(told.Restored);
            using var again = await account.SendAsync(
                account.Phone, HttpMethod.Get, "/v1/vault",
                adjust: r => r.Headers.TryAddWithoutValidation("If-None-Match", read.Headers.ETag!.Tag));
            Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        }

        using (var read = await account.SendAsync(account.Code, HttpMethod.Post, "/v1/recovery"))
            Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        using (var read = await account.SendAsync(
            account.Phone, HttpMethod.Post, "/v1/items/read", new ItemBatchRequest([Hash256.Of([1])]).Encode()))
            Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        // Nothing else, and nobody else.
        foreach (var (by, method, target) in new[]
        {
            (account.Phone, HttpMethod.Get, "/v1/items"), (account.Phone, HttpMethod.Get, "/v1/restore-points"),
            (account.Phone, HttpMethod.Post, "/v1/erasure"), (laptop, HttpMethod.Get, "/v1/vault"),
            (tablet, HttpMethod.Get, "/v1/vault"),
        })
        {
            using var refused = await account.SendAsync(by, method, target);
            await ClaimedAsync(account, refused, HttpStatusCode.Conflict, "repair-required");
        }

        // A repair that is refused says where the server stands.
        var repair = new RepairBundle(known.Vault.Links, known.Vault.Keyset.Parts, known.Vault.Manifest)
        {
            Head = known.Vault.Head, Between = known.Vault.Hashes, Trail = known.Vault.HashesTrail,
        };
        using (var refused = await account.SendAsync(
            account.Phone, HttpMethod.Post, "/v1/repair", (repair with { Head = null }).Encode()))
        {
            var problem = await ClaimedAsync(
                account, refused, HttpStatusCode.UnprocessableEntity, "refused", "manifest");
            Assert.Equal("rolled-back-manifest", problem.GetProperty("rule").GetString());
            Assert.True(problem.TryGetProperty("head", out _));
        }

        using (var mended = await account.SendAsync(account.Phone, HttpMethod.Post, "/v1/repair", repair.Encode()))
        {
            Assert.True(mended.IsSuccessStatusCode, await mended.Content.ReadAsStringAsync());
            var heads = (await mended.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("heads");
            Assert.Equal(1, heads.GetProperty("restored").GetArrayLength());
        }

        using (var vault = await account.OpenAsync())
            Assert.Equal(known.Vault.Manifest.Hash, vault.Vault.Manifest.Hash);
        using var revoked = await account.SendAsync(tablet, HttpMethod.Get, "/v1/vault");
        var gone = await ClaimedAsync(account, revoked, HttpStatusCode.Forbidden, "revoked");
        Assert.True(Base64UrlText.TryDecodeUpTo(
            gone.GetProperty("head").GetString()!, SignedHead.MaxSize, out var head));
        Assert.Equal(known.Vault.Manifest.Hash, SignedHead.Decode(head).Head.Manifest.Hash);
        Assert.True(SignedHead.Decode(head).IsSignedBy([KeyOf(account)]));
    }

    private static async Task<JsonElement> ClaimedAsync(
        TestAccount account, HttpResponseMessage response, HttpStatusCode status, string slug, string? field = null)
    {
        var problem = await ProblemAssert.IsAsync(response, status, slug, field);
        var restored = problem.GetProperty("restored").EnumerateArray().ToList();
        foreach (var text in restored)
        {
            Assert.True(Base64UrlText.TryDecodeUpTo(text.GetString()!, SignedClaim.MaxSize, out var bytes));
            Assert.True(SignedClaim.Decode(bytes).IsSignedBy([KeyOf(account)]));
        }

        Assert.Single(restored);
        return problem;
    }

    private static VerifyKey KeyOf(TestAccount account) =>
        account.Host.Services.GetRequiredService<KeyRecoveryService>().Erasures.AuditKey;
}
