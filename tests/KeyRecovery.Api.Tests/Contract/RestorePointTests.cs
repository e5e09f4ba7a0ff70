using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Contract;

/// <summary>The states that an account can go back to, over HTTP, and the way back.</summary>
public sealed class RestorePointTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    [Fact]
    public async Task An_account_that_was_left_alone_has_none()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        Assert.Empty(await PointsAsync(account, account.Phone));
    }

    [Fact]
    public async Task They_are_listed_with_their_reasons_and_each_is_told_with_the_askers_own_seal()
    {
        var (account, thief, good) = await SpoiledAsync();
        foreach (var asker in new[] { account.Phone, account.Code })
        {
            var points = await PointsAsync(account, asker);
            Assert.Equal(["young", "link"], points.Select(p => p.GetProperty("reason").GetString()));
            var young = points[0];
            Assert.Equal(
                (2, $"{good.Vault.Manifest.Hash}", 1, 1, $"{thief.Id}", 1), (
                young.GetProperty("manifestVersion").GetInt32(), young.GetProperty("manifestHash").GetString(),
                young.GetProperty("chainSeq").GetInt32(), young.GetProperty("epoch").GetInt32(),
                young.GetProperty("authority").GetString(), young.GetProperty("named").GetInt32()));
            var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            Assert.InRange(young.GetProperty("at").GetInt64() - now, -60, 1);
            Assert.InRange(
                young.GetProperty("until").GetInt64() - now - (72 + 30 * 24) * 3600, -60, 1);
            Assert.False(points[1].TryGetProperty("authority", out _) || points[1].TryGetProperty("until", out _));

            using var response = await account.SendAsync(
                asker, HttpMethod.Get, $"/v1/restore-points/{good.Vault.Manifest.Hash}");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("application/cbor", response.Content.Headers.ContentType?.MediaType);
            var point = RestorePoint.Decode(await response.Content.ReadAsByteArrayAsync());
            Assert.Equal(good.Vault.Manifest.Hash, point.Manifest.Hash);
            Assert.Equal(KeysetEntry.SealSize, point.Seal.Length);
        }
    }

    [Fact]
    public async Task The_code_goes_back_to_one_in_one_commit_and_the_thief_is_out()
    {
        var (account, thief, good) = await SpoiledAsync();
        using var now = await account.OpenAsync(account.Code);
        using var response = await account.SendAsync(
            account.Code, HttpMethod.Get, $"/v1/restore-points/{good.Vault.Manifest.Hash}");
        var told = RestorePoint.Decode(await response.Content.ReadAsByteArrayAsync());
        using var point = told.Open(now.Vault, account.Code.Id, account.Code.Kem).Point!;
        using var link = ChainLinkDraft.NextEpoch(
            now.Vault, now.Keys.Current, new ChainLinkChange([], [thief.Id]), account.Code.Id, Party.Now,
            SystemRandom.Instance);
        var manifest = ManifestDraft.Undo(
            now.Vault, now.Private, point.Content, link, new UndoChange { Return = point.Content.Private!.Items },
            account.Code.Id, account.Code.Signing, SystemRandom.Instance);
        var undo = new CommitBundle(
            link.Sign(account.Code.Signing, new Dictionary<AuthorityId, byte[]>()), link.Keyset, manifest, []);
        // Cut from its link it is refused by name.
        await fixture.RefusedAsync(
            () => account.CommitAsync(account.Phone, new CommitBundle(null, null, SignedManifest.Sign(
                manifest.Manifest with { Signer = account.Phone.Id }, account.Phone.Signing), [])),
            HttpStatusCode.UnprocessableEntity, "refused", "manifest", "manifest-base");
        await account.CommittedAsync(account.Code, undo);

        using var after = await account.OpenAsync();
        var entry = Assert.Single(after.Vault.Manifest.Manifest.Items);
        Assert.Equal(good.Vault.Manifest.Manifest.Items[0], entry);
        using var item = await account.SendAsync(account.Phone, HttpMethod.Get, $"/v1/items/{entry.Hash}");
        Assert.Equal([1, 2, 3], after.OpenItem(entry, await item.Content.ReadAsByteArrayAsync()).Content);
        using var versions = await account.SendAsync(account.Phone, HttpMethod.Get, $"/v1/items/{entry.Id}/versions");
        var writers = (await versions.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("versions")
            .EnumerateArray().Select(v => (v.GetProperty("writer").GetString(), v.GetProperty("young").GetBoolean()));
        Assert.Equal([($"{thief.Id}", true), ($"{account.Phone.Id}", false)], writers);
        using var revoked = await account.SendAsync(thief, HttpMethod.Get, "/v1/restore-points");
        Assert.Equal(HttpStatusCode.Forbidden, revoked.StatusCode);
    }

    [Fact]
    public async Task Nobody_else_is_told_of_them_and_one_that_is_not_kept_is_not_found()
    {
        var (account, _, good) = await SpoiledAsync();
        var stranger = await TestAccount.CreateAsync(fixture.Host);
        foreach (var path in new[] { "", $"/{good.Vault.Manifest.Hash}" })
        {
            using var unsigned = await fixture.Host.Client.GetAsync(
                new Uri(fixture.Host.Address, $"/v1/restore-points{path}"));
            Assert.Equal(HttpStatusCode.Unauthorized, unsigned.StatusCode);
            using var foreign = await account.SendAsync(
                stranger.Phone, HttpMethod.Get, $"/v1/restore-points{path}");
            Assert.Equal(HttpStatusCode.Unauthorized, foreign.StatusCode);
        }

        await fixture.RefusedAsync(
            () => stranger.SendAsync(
                stranger.Phone, HttpMethod.Get, $"/v1/restore-points/{good.Vault.Manifest.Hash}"),
            HttpStatusCode.NotFound, "not-found");
    }

    // An item of the phone, and a device of a minute ago that writes over it.
    private async Task<(TestAccount Account, Party Thief, OpenVault Good)> SpoiledAsync()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        var thief = Party.Device();
        using (var vault = await account.OpenAsync())
        {
            var (item, change) = TestAccount.Put(vault, [1, 2, 3]);
            var draft = ChainLinkDraft.Next(
                vault, new ChainLinkChange([thief.Entry], []), account.Phone.Id, Party.Now, SystemRandom.Instance);
            var manifest = ManifestDraft.Next(
                vault, draft, change, account.Phone.Id, account.Phone.Signing, SystemRandom.Instance);
            await account.CommittedAsync(account.Phone, new CommitBundle(
                draft.Sign(account.Phone.Signing, Party.Proofs(draft, thief)), draft.Keyset, manifest, [item]));
        }

        var good = await account.OpenAsync();
        using var its = await account.OpenAsync(thief);
        await account.CommittedAsync(
            thief, TestAccount.ItemCommit(its, thief, [9], its.Vault.Manifest.Manifest.Items[0]));
        return (account, thief, good);
    }

    private static async Task<List<JsonElement>> PointsAsync(TestAccount account, Party asker)
    {
        using var response = await account.SendAsync(asker, HttpMethod.Get, "/v1/restore-points");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return [.. (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("points").EnumerateArray()];
    }
}
