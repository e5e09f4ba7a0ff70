using System.Net;
using System.Security.Cryptography;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>
/// Z12: what sizes tell. Within a class of padding, names and contents of any length and any bytes are one to whoever
/// sees what is sent and answered.
/// </summary>
public sealed class SizeTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    [Theory]
    [InlineData(1, 0, 40, 150)]
    [InlineData(40, 1, 1, 180)]
    [InlineData(10, 1_970, 10, 2_020)]
    [InlineData(12, 15_900, 40, 16_300)]
    public async Task Z12_names_and_contents_of_one_class_are_of_one_size_in_all_that_is_sent_and_answered(
        int name, int content, int otherName, int otherContent) => Assert.Equal(
            await SeenAsync(name, new byte[content]),
            await SeenAsync(otherName, RandomNumberGenerator.GetBytes(otherContent)));

    [Fact]
    public async Task Z12_what_could_be_compressed_is_as_large_as_what_could_not() => Assert.Equal(
        await SeenAsync(10, new byte[5_000]), await SeenAsync(10, RandomNumberGenerator.GetBytes(5_000)));

    [Fact]
    public async Task Z12_control_another_class_is_seen()
    {
        var (small, large) = (await SeenAsync(10, new byte[100]), await SeenAsync(10, new byte[300]));
        foreach (var what in new[] { "sealed item", "POST /v1/commits", "GET /v1/items/{hash}", "POST /v1/items/read" })
            Assert.NotEqual(small[what], large[what]);
    }

    // The sizes of an item's way, from the put to its second version.
    private async Task<SortedDictionary<string, long>> SeenAsync(int nameLength, byte[] content)
    {
        var seen = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var account = await TestAccount.CreateAsync(fixture.Host);
        var name = new string('n', nameLength);
        var first = await CommitAsync(null);
        await ReadAsync("GET /v1/items/{hash}", HttpMethod.Get, $"/v1/items/{first.Hash}");
        await ReadAsync(
            "POST /v1/items/read", HttpMethod.Post, "/v1/items/read", new ItemBatchRequest([first.Hash]).Encode());
        await CommitAsync(first);
        await ReadAsync("GET /v1/vault", HttpMethod.Get, "/v1/vault?manifestAfter=1");
        await ReadAsync("GET /v1/items", HttpMethod.Get, "/v1/items");
        await ReadAsync("GET /v1/items/{id}/versions", HttpMethod.Get, $"/v1/items/{first.Id}/versions");
        await ReadAsync("POST /v1/recovery", HttpMethod.Post, "/v1/recovery", by: account.Code);
        return seen;

        async Task<ManifestItem> CommitAsync(ManifestItem? replaced)
        {
            using var vault = await account.OpenAsync();
            var (item, entry) = Seal(vault, name, content, replaced);
            var note = new ItemNote(entry.Id, name, content.Length, Party.Now);
            var commit = new CommitBundle(
                null, null, TestAccount.Manifest(vault, account.Phone, new ManifestChange { Put = [(entry, note)] }),
                [item]).Encode();
            using var answer = await account.SendAsync(account.Phone, HttpMethod.Post, "/v1/commits", commit);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            (seen["sealed item"], seen["POST /v1/commits"]) = (item.Length, commit.Length);
            seen["heads"] = answer.Content.Headers.ContentLength
                ?? (await answer.Content.ReadAsByteArrayAsync()).Length;
            return entry;
        }

        async Task ReadAsync(string what, HttpMethod method, string target, byte[]? body = null, Party? by = null)
        {
            using var answer = await account.SendAsync(by ?? account.Phone, method, target, body);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            seen[what] = (await answer.Content.ReadAsByteArrayAsync()).Length;
        }
    }

    private static (byte[] Item, ManifestItem Entry) Seal(
        OpenVault vault, string name, byte[] content, ManifestItem? replaced)
    {
        var key = vault.Keys.Current;
        var id = replaced?.Id ?? new ItemId(RandomNumberGenerator.GetBytes(16));
        var header = new ItemHeader(
            vault.Vault.Account, id, (replaced?.Version ?? 0) + 1, key.Epoch, replaced?.Hash ?? default);
        var item = SealedItem.Seal(key, header, name, content, SystemRandom.Instance);
        return (item, new ManifestItem(id, header.Version, key.Epoch, item.Length, Hash256.Of(item)));
    }
}
