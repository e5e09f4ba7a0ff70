using System.Net;
using System.Security.Cryptography;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>Bodies that are not what they should be: named, refused, and nothing of them stored.</summary>
public sealed class MalformedCommitTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    public static TheoryData<string, string> Spoilings => new()
    {
        { "empty", "commit" },
        { "truncated", "commit" },
        { "trailing", "commit" },
        { "wide integer", "commit" },
        { "indefinite array", "commit" },
        { "nested", "commit" },
        { "a map", "commit" },
        { "another label", "commit" },
        { "noise", "commit" },
        { "a manifest that is noise", "manifest" },
        { "a manifest with trailing bytes", "manifest" },
    };

    [Theory]
    [MemberData(nameof(Spoilings))]
    public async Task A_spoiled_commit_is_refused_and_its_part_named(string how, string field)
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        var body = Spoil(how, TestAccount.ItemCommit(vault, account.Phone));
        await fixture.RefusedAsync(() => PostAsync(account, body), HttpStatusCode.BadRequest, "malformed", field);
        await fixture.RefusedAsync(
            async () => await fixture.Host.CreateAccountAsync(await fixture.Host.TokenAsync("nobody"), body),
            HttpStatusCode.BadRequest, "malformed", field);
    }

    [Fact]
    public async Task Any_byte_changed_or_cut_off_is_refused_without_a_trace()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        var body = TestAccount.LinkCommit(vault, account.Phone, [Party.Device()], []).Encode();
        var before = await StoreSnapshot.TakeAsync(fixture.Host);
        for (var i = 0; i < 150; i++)
        {
            var changed = (byte[])body.Clone();
            changed[RandomNumberGenerator.GetInt32(body.Length)] ^= (byte)(1 << RandomNumberGenerator.GetInt32(8));
            using var flipped = await PostAsync(account, changed);
            using var cut = await PostAsync(account, body[..RandomNumberGenerator.GetInt32(body.Length)]);
            // Another id or clock in a signed structure is well-formed and signed by nobody.
            Assert.Contains(flipped.StatusCode, new[]
            {
                HttpStatusCode.BadRequest, HttpStatusCode.UnprocessableEntity, HttpStatusCode.Conflict,
                HttpStatusCode.Forbidden,
            });
            await ProblemAssert.IsAsync(cut, HttpStatusCode.BadRequest, "malformed", "commit");
        }

        Assert.Equal(before, await StoreSnapshot.TakeAsync(fixture.Host));
        using var whole = await PostAsync(account, body);
        Assert.Equal(HttpStatusCode.OK, whole.StatusCode);
    }

    [Theory]
    [InlineData("POST", "/v1/commits", "application/cbor", Limits.CommitBodyBytes)]
    [InlineData("POST", "/v1/repair", "application/cbor", Limits.RepairBytes)]
    [InlineData("POST", "/v1/recovery", "application/json", 256)]
    [InlineData("PUT", "/v1/items/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "application/octet-stream", 1_200_000)]
    public async Task A_body_past_the_routes_limit_is_too_large(string method, string target, string type, int limit)
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        var by = (target == "/v1/recovery" ? account.Code : account.Phone).Of(account.Id);
        var head = by.Headers(fixture.Host.Address, new HttpMethod(method), target, new byte[limit + 1])
            .Select(field => $"{field.Name}: {field.Value}");
        // The body is announced and never sent: nobody waits for it.
        var status = await RawHttp.StatusLineAsync(
            fixture.Host.Address, $"{method} {target} HTTP/1.1",
            [.. head, $"Content-Type: {type}", $"Content-Length: {limit + 1}"]);
        Assert.StartsWith("HTTP/1.1 413 ", status, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public async Task A_low_order_or_non_canonical_key_in_a_link_is_malformed(string key)
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        var added = Party.Device();
        var body = TestAccount.LinkCommit(vault, account.Phone, [added], []).Encode();
        var at = body.AsSpan().IndexOf(added.Signing.PublicKey.ToArray());
        Convert.FromHexString(key).CopyTo(body, at);
        await fixture.RefusedAsync(() => PostAsync(account, body), HttpStatusCode.BadRequest, "malformed", "link");
    }

    [Fact]
    public async Task A_newer_version_asks_for_an_upgrade()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        var newer = new CborOut().Array(7).Text("keyrecovery/v1/commit").UInt(2).Bytes([]).Bytes([]).Bytes([1])
            .Bytes([]).Array(0).ToArray();
        await fixture.RefusedAsync(
            () => PostAsync(account, newer), HttpStatusCode.UnprocessableEntity, "refused", rule: "upgrade-required");
    }

    [Theory]
    [InlineData("POST", "/v1/commits", "application/json")]
    [InlineData("POST", "/v1/repair", "application/octet-stream")]
    [InlineData("PUT", "/v1/items/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "application/cbor")]
    public async Task Another_media_type_is_refused(string method, string target, string type)
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        await fixture.RefusedAsync(
            () => account.SendAsync(account.Phone, new HttpMethod(method), target, [1], type),
            HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
    }

    [Theory]
    [InlineData("GET", "/v1/vault?linksAfter=x", "linksAfter")]
    [InlineData("GET", "/v1/vault?linksAfter=-1", "linksAfter")]
    [InlineData("GET", "/v1/vault?linksAfter=1&linksAfter=1", "linksAfter")]
    [InlineData("GET", "/v1/items/short", "hash")]
    [InlineData("GET", "/v1/items/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+A", "hash")]
    [InlineData("GET", "/v1/items/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", "hash")]
    [InlineData("GET", "/v1/items/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "hash")]
    [InlineData("GET", "/v1/items/AAAAAAAAAAAAAAAAAAAAAB/versions", "id")]
    [InlineData("GET", "/v1/restore-points/short", "manifestHash")]
    [InlineData("GET", "/v1/activity?before=-1", "before")]
    [InlineData("GET", "/v1/activity?before=9007199254740992", "before")]
    [InlineData("GET", "/v1/activity?limit=0", "limit")]
    [InlineData("GET", "/v1/activity?limit=129", "limit")]
    [InlineData("GET", "/v1/activity?limit=5&limit=5", "limit")]
    [InlineData("GET", "/v1/activity?size=x", "size")]
    [InlineData("GET", "/v1/activity?size=9007199254740992", "size")]
    public async Task A_wrong_number_hash_or_id_in_the_address_is_named(string method, string target, string field)
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        await fixture.RefusedAsync(
            () => account.SendAsync(account.Phone, new HttpMethod(method), target), HttpStatusCode.BadRequest,
            "malformed", field);
    }

    private static Task<HttpResponseMessage> PostAsync(TestAccount account, byte[] body) =>
        account.SendAsync(account.Phone, HttpMethod.Post, "/v1/commits", body);

    private static byte[] Spoil(string how, CommitBundle commit)
    {
        var whole = commit.Encode();
        return how switch
        {
            "empty" => [],
            "truncated" => whole[..^1],
            "trailing" => [.. whole, 0],
            // The format's version, 1, in two bytes where one will do (0x18 0x01).
            "wide integer" => [.. whole[..23], 0x18, .. whole[23..]],
            "indefinite array" => [0x9F, .. whole[1..], 0xFF],
            "nested" => [.. Enumerable.Repeat((byte)0x81, 4_000), 0x80],
            "a map" => [0xA0],
            "another label" => new CborOut().Array(6).Text("keyrecovery/v1/repair").UInt(1).Bytes([]).Bytes([])
                .Bytes([1]).Array(0).ToArray(),
            "noise" => RandomNumberGenerator.GetBytes(500),
            "a manifest that is noise" => With(RandomNumberGenerator.GetBytes(500)),
            "a manifest with trailing bytes" => With([.. commit.Manifest.Bytes.Span, 0]),
            _ => throw new ArgumentOutOfRangeException(nameof(how)),
        };
    }

    private static byte[] With(byte[] manifest) =>
        new CborOut().Array(7).Text("keyrecovery/v1/commit").UInt(1).Bytes([]).Bytes([]).Bytes(manifest).Bytes([])
            .Array(0).ToArray();
}
