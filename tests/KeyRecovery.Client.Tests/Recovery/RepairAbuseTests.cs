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

        // Nothing is lost, so there is nothing to mend: not by a young device, and not by a trusted one.
        var (repair, _) = await BuildRemovalAsync(phished, onPhone.Device);
        await RefusedAsync(phished, repair);
        TestDevice.Value(await onPhone.RefreshAsync());
        Assert.Equal(2, onPhone.Authorities.Count(a => a.Kind == AuthorityKind.Device));
        var (byPhone, commit) = await BuildRemovalAsync(
            phone, onPhone.Authorities.Single(a => a.Kind == AuthorityKind.Device && a.Id != onPhone.Device).Id);
        await RefusedAsync(phone, byPhone);

        // Negative control: all is right about it, and as a commit it is taken.
        Assert.Equal(
            200, (await new SignedUpload(phone)
                .TrySendAsync(HttpMethod.Post, "/v1/commits", "application/cbor", commit)).Status);
    }

    private static async Task RefusedAsync(TestDevice device, byte[] repair)
    {
        var (status, answer) = await new SignedUpload(device)
            .TrySendAsync(HttpMethod.Post, "/v1/repair", "application/cbor", repair);
        Assert.Equal(422, status);
        using var problem = JsonDocument.Parse(answer);
        Assert.Equal("not-behind", problem.RootElement.GetProperty("rule").GetString());
    }

    private static async Task<(byte[] Repair, byte[] Commit)> BuildRemovalAsync(
        TestDevice device, AuthorityId victim)
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
        var link = draft.Sign(signing, new Dictionary<AuthorityId, byte[]>());
        var manifest = ManifestDraft.Next(
            open, draft, new ManifestChange(), state.Device, signing, SystemRandom.Instance);
        var repair = new RepairBundle(vault.Links.Add(link), [draft.Keyset], manifest)
        {
            Trail = vault.HashesTrail,
            Between = vault.Hashes.Add(vault.Manifest.Hash),
        };
        return (repair.Encode(), new CommitBundle(link, draft.Keyset, manifest, []).Encode());
    }
}
