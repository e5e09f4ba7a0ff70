using System.Net;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Api.Tests.Repairs;

/// <summary>F14: who sends a repair is known before anything that costs: one point read, one verification.</summary>
[Collection(GateCounts.Alone)]
public sealed class StrangersRepairTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    [Fact]
    public async Task F14_a_strangers_chain_is_refused_by_its_beginning_and_none_of_its_keys_is_looked_at()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        var stranger = Party.Device();
        var body = ForgedRepair.By(stranger);
        Assert.InRange(body.Length, 4 << 20, Limits.RepairBytes);
        using var counts = GateCounts.Start();
        await fixture.RefusedAsync(() => SendAsync(account, stranger, body), HttpStatusCode.UnprocessableEntity,
            "refused", "links", "other-beginning");
        Assert.Equal((1, 0, 1), counts.All);
    }

    [Fact]
    public async Task F14_nor_by_who_is_in_no_link_or_signs_with_another_key()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        var (stranger, nobody) = (Party.Device(), Party.Device());
        using var impostor = new Signer(stranger.Of(account.Id).KeyId, nobody.Signing);
        var body = ForgedRepair.By(stranger);
        using var counts = GateCounts.Start();
        foreach (var (signer, verifications) in new[] { (nobody.Of(account.Id), 0), (impostor, 1) })
        {
            counts.Reset();
            await fixture.RefusedAsync(
                () => fixture.Host.Client.SendAsync(
                    signer.Request(fixture.Host.Address, HttpMethod.Post, "/v1/repair", body, "application/cbor")),
                HttpStatusCode.Unauthorized, "signature-invalid");
            Assert.Equal((1, 0, verifications), counts.All);
        }
    }

    [Fact]
    public async Task F14_no_body_is_read_for_an_account_that_is_not_there()
    {
        var stranger = Party.Device();
        var body = ForgedRepair.By(stranger);
        using var counts = GateCounts.Start();
        using var connection = await RawConnection.OpenAsync(fixture.Host.Address);
        await connection.SendHeadAsync(HttpMethod.Post, "/v1/repair",
            [.. stranger.Of(new(new byte[16])).Headers(fixture.Host.Address, HttpMethod.Post, "/v1/repair", body),
                ("Content-Length", $"{body.Length}"), ("Content-Type", "application/cbor")]);
        await connection.ReadProblemAsync(401, "signature-invalid");
        Assert.Equal((1, 0, 0), counts.All);
    }

    [Fact]
    public async Task F14_control_for_the_accounts_own_device_the_same_links_are_decoded_and_found_to_be_none()
    {
        var account = await TestAccount.CreateAsync(fixture.Host);
        using var vault = await account.OpenAsync();
        var body = ForgedRepair.After(vault.Vault.Links[0].Bytes, vault.Vault.Keyset.Parts[0], vault.Vault.Manifest);
        await fixture.RefusedAsync(
            () => SendAsync(account, account.Phone, body), HttpStatusCode.BadRequest, "malformed", "links");
    }

    private static Task<HttpResponseMessage> SendAsync(TestAccount account, Party by, byte[] body) =>
        account.SendAsync(by, HttpMethod.Post, "/v1/repair", body);
}
