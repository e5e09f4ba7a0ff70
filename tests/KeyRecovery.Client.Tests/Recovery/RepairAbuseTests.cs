using System.Text.Json;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Recovery;

/// <summary>A repair gives back what was lost; it is no way around a rule.</summary>
[Collection(ServerTests.Name)]
public sealed class RepairAbuseTests(ServerFixture fixture)
{
    [Fact]
    public async Task A_phished_device_cannot_lock_the_others_out_by_calling_its_removal_a_repair()
    {
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using var phone = new TestDevice(fixture.Server.Address);
        using var phished = new TestDevice(fixture.Server.Address);
        using var onPhone = await phone.CreateAsync(await fixture.Server.TokenAsync(Canary.NewText()), code);
        using (await phished.RecoverAsync(code)) { }

        var repair = await BuildRemovalAsync(phished, onPhone.Device);
        var (status, answer) = await new SignedUpload(phished)
            .TrySendAsync(HttpMethod.Post, "/v1/repair", "application/cbor", repair);
        Assert.Equal(403, status);
        Assert.Contains("young-authority", answer, StringComparison.Ordinal);
        TestDevice.Value(await onPhone.RefreshAsync());
        var trustedFrom = onPhone.Authorities.Single(a => a.Name == "new phone").TrustedFrom!.Value.ToUnixTimeSeconds();
        using (var problem = JsonDocument.Parse(answer))
            Assert.Equal(trustedFrom, problem.RootElement.GetProperty("trustedFrom").GetInt64());

        // Negative control: the phone is trusted, and the same repair by it is taken.
        var byPhone = await BuildRemovalAsync(
            phone, onPhone.Authorities.Single(a => a.Kind == AuthorityKind.Device && a.Id != onPhone.Device).Id);
        Assert.Equal(
            200, (await new SignedUpload(phone)
                .TrySendAsync(HttpMethod.Post, "/v1/repair", "application/cbor", byPhone)).Status);
    }

    private static async Task<byte[]> BuildRemovalAsync(TestDevice device, Protocol.Wire.AuthorityId victim)
    {
        using (await device.OpenAsync()) { }
        using var state = await device.Store.LoadAsync(default);
        using var signing = SigningKey.FromSeed(state!.SigningSeed.Span);
        using var kem = KemPrivateKey.FromSeed(state.KemSeed.Span);
        var vault =
            ((VaultVerdict.Ok)VerifiedVault.Reopen(
                "demo", state.Known!, new OwnIdentity(state.Device, signing.PublicKey))).Vault;
        using var open = vault.Open(state.Device, kem).Vault!;
        var draft = ChainLinkDraft.Next(
            open, new ChainLinkChange([], [victim]), state.Device, 1, SystemRandom.Instance);
        var link = draft.Sign(signing, new Dictionary<Protocol.Wire.AuthorityId, byte[]>());
        var manifest = ManifestDraft.Next(
            open, draft, new ManifestChange(), state.Device, signing, SystemRandom.Instance);
        return new RepairBundle(vault.Links.Add(link), [draft.Keyset], manifest)
        {
            Between = vault.Hashes.Add(vault.Manifest.Hash),
        }.Encode();
    }
}
