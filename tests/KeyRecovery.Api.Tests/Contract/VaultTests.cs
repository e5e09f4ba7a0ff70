using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Contract;

/// <summary>What the routes of docs/protocol.md §9.2 do for those who may use them.</summary>
public sealed class VaultTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    [Fact]
    public async Task Creation_answers_the_heads()
    {
        var phone = Party.Device();
        var begin = phone.Begin("demo");
        using var response = await fixture.Host.CreateAccountAsync(
            await fixture.Host.TokenAsync("creator"), begin.Encode());
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var heads = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal($"{begin.Link!.Link.Account}", heads.GetProperty("accountId").GetString());
        Assert.Equal(0, heads.GetProperty("chainSeq").GetInt32());
        Assert.Equal($"{begin.Link.Hash}", heads.GetProperty("chainHash").GetString());
        Assert.Equal(1, heads.GetProperty("manifestVersion").GetInt32());
        Assert.Equal($"{begin.Manifest.Hash}", heads.GetProperty("manifestHash").GetString());
        var age = Assert.Single(heads.GetProperty("trustedFrom").EnumerateArray());
        Assert.Equal($"{phone.Id}", age.GetProperty("id").GetString());
        Assert.InRange(age.GetProperty("at").GetInt64() - DateTimeOffset.UtcNow.ToUnixTimeSeconds(), -10, 1);
    }

    [Fact]
    public async Task The_vault_has_an_entity_tag_and_an_unchanged_one_is_not_sent()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        var tag = await account.EntityTagAsync();
        Assert.Equal($"\"{vault.Vault.Manifest.Hash}\"", tag);
        foreach (var named in new[] { tag, $"W/{tag}", $"\"other\", {tag}", "*" })
        {
            using var unchanged = await GetAsync(account, "/v1/vault", named);
            Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
            Assert.Equal(tag, unchanged.Headers.ETag?.Tag);
        }

        using var changed = await GetAsync(account, "/v1/vault", "\"other\"");
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Equal("application/cbor", changed.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Known_links_are_left_out()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        await account.CommittedAsync(account.Phone, TestAccount.LinkCommit(vault, account.Phone, [Party.Device()], []));
        foreach (var (query, first, count) in new[] { ("", 0, 2), ("?linksAfter=0", 1, 1), ("?linksAfter=1", 2, 0) })
        {
            using var response = await GetAsync(account, $"/v1/vault{query}");
            var told = VaultBundle.Decode(await response.Content.ReadAsByteArrayAsync());
            Assert.Equal(((ulong)first, count), (told.First, told.Links.Length));
        }
    }

    [Fact]
    public async Task Items_go_in_with_a_commit_or_ahead_of_it_and_older_versions_are_kept()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var before = await account.OpenAsync();
        var content = RandomNumberGenerator.GetBytes(60_000);
        var (item, change) = TestAccount.Put(before, content);
        var hash = Hash256.Of(item);
        using (var put = await account.SendAsync(
            account.Phone, HttpMethod.Put, $"/v1/items/{hash}", item, "application/octet-stream"))
            Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
        await account.CommittedAsync(
            account.Phone, new CommitBundle(null, null, TestAccount.Manifest(before, account.Phone, change), []));

        using var after = await account.OpenAsync();
        var entry = Assert.Single(after.Vault.Manifest.Manifest.Items);
        using var got = await GetAsync(account, $"/v1/items/{hash}");
        Assert.Equal("application/octet-stream", got.Content.Headers.ContentType?.MediaType);
        Assert.Equal(content, after.OpenItem(entry, await got.Content.ReadAsByteArrayAsync()).Content);

        await account.CommittedAsync(account.Phone, TestAccount.ItemCommit(after, account.Phone, [1], entry));
        using var versions = await GetAsync(account, $"/v1/items/{entry.Id}/versions");
        var old = Assert.Single((await versions.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("versions")
            .EnumerateArray());
        Assert.Equal((1, 1, item.Length, $"{hash}"), (
            old.GetProperty("version").GetInt32(), old.GetProperty("epoch").GetInt32(),
            old.GetProperty("size").GetInt32(), old.GetProperty("hash").GetString()));
        Assert.True(old.GetProperty("replacedAt").GetInt64() > 0);
        using var still = await GetAsync(account, $"/v1/items/{hash}");
        Assert.Equal(item, await still.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Many_items_are_read_at_once_in_the_order_asked_for_until_4_MiB_are_full()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var before = await account.OpenAsync();
        var items = Enumerable.Range(0, 17)
            .Select(_ => TestAccount.Put(before, RandomNumberGenerator.GetBytes(Limits.ItemBytes)).Item).ToList();
        foreach (var item in items)
            using (await account.SendAsync(account.Phone, HttpMethod.Put, $"/v1/items/{Hash256.Of(item)}", item,
                "application/octet-stream")) { }
        var fit = Limits.ItemBatchBytes / items[0].Length;
        Assert.InRange(fit, 10, 16);

        var none = Hash256.Of([1]);
        Hash256[] asked = [Hash256.Of(items[3]), none, .. items.Select(i => Hash256.Of(i))];
        var read = ItemBatch.Decode(await ReadAsync(new ItemBatchRequest([.. asked]).Encode()));
        Assert.Equal(fit + 1, read.Items.Length);
        Assert.Equal(items[3], read.Items[0].ToArray());
        Assert.True(read.Items[1].IsEmpty);
        Assert.Equal(items[0], read.Items[2].ToArray());
        // Another's is not there either.
        var other = await TestAccount.CreateAsync(fixture.Host);
        using var theirs = await other.SendAsync(
            other.Phone, HttpMethod.Post, "/v1/items/read", new ItemBatchRequest([Hash256.Of(items[0])]).Encode());
        Assert.True(ItemBatch.Decode(await theirs.Content.ReadAsByteArrayAsync()).Items[0].IsEmpty);

        foreach (var number in new[] { 0, Limits.Items + 1 })
            await fixture.RefusedAsync(
                () => account.SendAsync(account.Phone, HttpMethod.Post, "/v1/items/read",
                    new ItemBatchRequest([.. Enumerable.Repeat(none, number)]).Encode()),
                number == 0 ? HttpStatusCode.BadRequest : HttpStatusCode.RequestEntityTooLarge,
                number == 0 ? "malformed" : "too-large", number == 0 ? "hashes" : null);

        async Task<byte[]> ReadAsync(byte[] body)
        {
            using var answer = await account.SendAsync(account.Phone, HttpMethod.Post, "/v1/items/read", body);
            Assert.Equal((HttpStatusCode.OK, CborBody.Cbor),
                (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
            return await answer.Content.ReadAsByteArrayAsync();
        }
    }

    [Fact]
    public async Task A_code_reads_the_vault_and_makes_a_new_device()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        var laptop = Party.Device();
        using (var recovery = await account.SendAsync(account.Code, HttpMethod.Post, "/v1/recovery"))
        {
            Assert.Equal(HttpStatusCode.OK, recovery.StatusCode);
            using var vault = account.Open(account.Code, await recovery.Content.ReadAsByteArrayAsync());
            await account.CommittedAsync(
                account.Code, TestAccount.LinkCommit(vault, account.Code, [laptop], [account.Phone.Id]));
        }

        using var opened = await account.OpenAsync(laptop);
        Assert.Equal([account.Code.Id, laptop.Id],
            opened.Vault.Chain.Active.Select(a => a.Id).OrderBy(id => id != account.Code.Id));
    }

    [Fact]
    public async Task A_repair_that_brings_nothing_new_answers_the_heads_and_what_is_missing()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        using var response = await account.SendAsync(
            account.Phone, HttpMethod.Post, "/v1/repair", Repair(vault).Encode());
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal($"{account.Id}", answer.GetProperty("heads").GetProperty("accountId").GetString());
        Assert.Empty(answer.GetProperty("missing").EnumerateArray());
    }

    internal static RepairBundle Repair(OpenVault vault) =>
        new(vault.Vault.Links, vault.Vault.Keyset.Parts, vault.Vault.Manifest);

    private static Task<HttpResponseMessage> GetAsync(TestAccount account, string target, string? ifNoneMatch = null) =>
        account.SendAsync(account.Phone, HttpMethod.Get, target, adjust: request =>
        {
            if (ifNoneMatch is not null) request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        });
}
