using System.Net;
using System.Security.Cryptography;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>Caps, and items that are not what they are said to be.</summary>
public sealed class LimitTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    [Fact]
    public async Task An_items_bytes_have_the_hash_in_its_address()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        var (item, _) = TestAccount.Put(vault, [1]);
        await fixture.RefusedAsync(
            () => PutAsync(account, item, Hash256.Of([1, 2, 3])), HttpStatusCode.UnprocessableEntity, "refused", "hash",
            "item-hash");
        await fixture.RefusedAsync(
            () => PutAsync(account, RandomNumberGenerator.GetBytes(400)), HttpStatusCode.BadRequest,
            "malformed", "item");
        await fixture.RefusedAsync(() => PutAsync(account, []), HttpStatusCode.BadRequest, "malformed", "item");
    }

    [Fact]
    public async Task A_commit_has_the_items_that_its_manifest_names()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        var commit = TestAccount.ItemCommit(vault, account.Phone);
        var (other, _) = TestAccount.Put(vault, [1]);
        var changed = commit.Items[0].ToArray();
        changed[^1] ^= 1;
        foreach (var items in new byte[][][] { [], [other], [changed], [commit.Items[0].ToArray(), other] })
        {
            await fixture.RefusedAsync(
                () => account.CommitAsync(
                    account.Phone, commit with { Items = [.. items.Select(i => (ReadOnlyMemory<byte>)i)] }),
                HttpStatusCode.UnprocessableEntity, "refused", "items", "item-hash");
        }
    }

    [Fact]
    public async Task The_size_of_an_item_is_the_apps_to_say()
    {
        var content = new byte[300_000];
        var small = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await small.OpenAsync();
        var (item, change) = TestAccount.Put(vault, content);
        await fixture.RefusedAsync(
            () => PutAsync(small, item), HttpStatusCode.UnprocessableEntity, "limit-reached", "items.size");
        await fixture.RefusedAsync(
            () => small.CommitAsync(
                small.Phone, new CommitBundle(null, null, TestAccount.Manifest(vault, small.Phone, change), [])),
            HttpStatusCode.UnprocessableEntity, "limit-reached", "items.size");

        var large = await TestAccount.CreateAsync(fixture.Host, VaultFixture.StrictApp);
        using var roomy = await large.OpenAsync();
        using var stored = await PutAsync(large, TestAccount.Put(roomy, content).Item);
        Assert.Equal(HttpStatusCode.NoContent, stored.StatusCode);
    }

    [Fact]
    public async Task Past_so_many_staged_items_the_oldest_gives_way()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        var items = new List<byte[]>();
        for (var i = 0; i <= Limits.StagedItems; i++)
            items.Add(await StagedAsync(account, TestAccount.Put(vault, [1]).Item));
        var there = await ThereAsync(account, items);
        Assert.Equal([false, .. Enumerable.Repeat(true, Limits.StagedItems)], there);
    }

    [Fact]
    public async Task Past_so_many_staged_bytes_the_oldest_give_way()
    {
        var account = await TestAccount.CreateAsync(fixture.Host, VaultFixture.StrictApp);
        using var vault = await account.OpenAsync();
        var content = new byte[Limits.MaxItemBytes];
        var fit = (int)(Limits.StagedBytes / SealedItem.SizeOf(32, content.Length));
        var items = new List<byte[]>();
        for (var i = 0; i < fit + 2; i++) items.Add(await StagedAsync(account, TestAccount.Put(vault, content).Item));
        var there = await ThereAsync(account, items);
        Assert.Equal([false, false, .. Enumerable.Repeat(true, fit)], there);
    }

    [Fact]
    public async Task An_account_has_so_many_bytes_and_no_more()
    {
        var account = await TestAccount.CreateAsync(fixture.Host, VaultFixture.StrictApp);
        using var vault = await account.OpenAsync();
        var size = SealedItem.MaxSizeOf(Limits.MaxItemBytes);
        var change = new ManifestChange
        {
            Put = [.. Enumerable.Range(0, (int)(Limits.AccountBytes / size) + 1).Select(i => Claimed(size, i))],
        };
        await fixture.RefusedAsync(
            () => account.CommitAsync(
                account.Phone, new CommitBundle(null, null, TestAccount.Manifest(vault, account.Phone, change), [])),
            HttpStatusCode.UnprocessableEntity, "limit-reached", "account.size");
    }

    [Fact]
    public async Task Past_the_links_of_a_day_only_links_that_remove_are_taken()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        var laptop = Party.Device();
        using (var vault = await account.OpenAsync())
            await account.CommittedAsync(account.Phone, TestAccount.LinkCommit(vault, account.Phone, [laptop], []));
        for (var i = 2; i < Limits.LinksPerDay; i++)
        {
            using var vault = await account.OpenAsync();
            await account.CommittedAsync(
                account.Phone, TestAccount.LinkCommit(vault, account.Phone, [], [], beginEpoch: true));
        }

        using var last = await account.OpenAsync();
        foreach (var (add, remove) in new[] { (1, 0), (2, 1), (0, 0) })
        {
            var link = TestAccount.LinkCommit(
                last, account.Phone, [.. Enumerable.Range(0, add).Select(_ => Party.Device())], remove == 0
                    ? [] : [laptop.Id], beginEpoch: add == 0);
            await fixture.RefusedAsync(
                () => account.CommitAsync(account.Phone, link), HttpStatusCode.UnprocessableEntity,
                "limit-reached", "links");
        }

        await account.CommittedAsync(
            account.Phone, TestAccount.LinkCommit(last, account.Phone, [Party.Device()], [laptop.Id]));
    }

    [Fact]
    public async Task A_link_adds_four_authorities_and_a_day_sixteen_and_no_more()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        await fixture.RefusedAsync(
            () => account.CommitAsync(account.Phone, TestAccount.LinkCommit(vault, account.Phone, Devices(5), [])),
            HttpStatusCode.UnprocessableEntity, "refused", "link", "too-many-authorities");
        // The phone and the code of link 0 are of today.
        foreach (var add in new[] { 4, 4, 4, 2 })
        {
            using var open = await account.OpenAsync();
            await account.CommittedAsync(
                account.Phone, TestAccount.LinkCommit(open, account.Phone, Devices(add), []));
        }

        using var full = await account.OpenAsync();
        await fixture.RefusedAsync(
            () => account.CommitAsync(account.Phone, TestAccount.LinkCommit(full, account.Phone, Devices(1), [])),
            HttpStatusCode.UnprocessableEntity, "limit-reached", "additions");
        Assert.Equal($"\"{full.Vault.Manifest.Hash}\"", await account.EntityTagAsync());

        static Party[] Devices(int count) => [.. Enumerable.Range(0, count).Select(_ => Party.Device())];
    }

    private static (ManifestItem, ItemNote) Claimed(int size, int number)
    {
        var id = new ItemId(RandomNumberGenerator.GetBytes(16));
        return (new ManifestItem(id, 1, 1, size, Hash256.Of(id.ToArray())), new ItemNote(id, $"item {number}", 1, 0));
    }

    private static Task<HttpResponseMessage> PutAsync(TestAccount account, byte[] item, Hash256? hash = null) =>
        account.SendAsync(
            account.Phone, HttpMethod.Put, $"/v1/items/{hash ?? Hash256.Of(item)}", item, "application/octet-stream");

    private static async Task<byte[]> StagedAsync(TestAccount account, byte[] item)
    {
        using var stored = await PutAsync(account, item);
        Assert.Equal(HttpStatusCode.NoContent, stored.StatusCode);
        return item;
    }

    private static async Task<bool[]> ThereAsync(TestAccount account, List<byte[]> items)
    {
        var there = new List<bool>();
        foreach (var item in items)
        {
            using var read = await account.SendAsync(account.Phone, HttpMethod.Get, $"/v1/items/{Hash256.Of(item)}");
            there.Add(read.StatusCode == HttpStatusCode.OK);
        }

        return [.. there];
    }
}
