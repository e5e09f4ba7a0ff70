using System.Collections.Immutable;
using KeyRecovery.Client.Accounts;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Results;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>A device that seals badly to the code would be noticed when the phone has drowned; the other devices notice it today.</summary>
[Collection(ServerTests.Name)]
public sealed class BadSealTests(ServerFixture fixture)
{
    [Fact]
    public async Task A_bad_seal_for_the_code_is_reported_stops_nobody_and_is_mended()
    {
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using var slot = code.DeriveSlot();
        using var phone = new TestDevice(fixture.Server.Address);
        using var laptop = new TestDevice(fixture.Server.Address);
        using var onPhone = await phone.CreateAsync(
            await fixture.Server.TokenAsync(Canary.NewText()), code, "phone", new ItemEdit.Put("identity", "content"u8.ToArray()));
        using (await laptop.RecoverAsync(code, name: "laptop")) { }

        await CommitBadSealAsync(phone, slot.Id);
        using var stopped = new TestDevice(fixture.Server.Address);
        Assert.Equal(
            new ClientFailure.ServerLied(ProtocolFault.OwnSeal), TestDevice.Failure(await stopped.Client.BeginRecoveryAsync(code)));

        using var onLaptop = await laptop.OpenAsync();
        Assert.Equal(slot.Id, Assert.Single(onLaptop.Authorities, a => a.SealIsBad).Id);
        Assert.Equal("content"u8.ToArray(), TestDevice.Value(await onLaptop.GetAsync("identity")));

        TestDevice.Value(await onLaptop.MendAsync());
        Assert.DoesNotContain(onLaptop.Authorities, a => a.SealIsBad);
        using var recovered = await stopped.RecoverAsync(code);
        Assert.Equal("content"u8.ToArray(), TestDevice.Value(await recovered.GetAsync("identity")));
    }

    // What a broken or malicious device does: every rule that the server can check is kept.
    private static async Task CommitBadSealAsync(TestDevice device, AuthorityId victim)
    {
        using (var refreshed = await device.OpenAsync()) { }
        using var state = await device.Store.LoadAsync(default);
        using var signing = SigningKey.FromSeed(state!.SigningSeed.Span);
        using var kem = KemPrivateKey.FromSeed(state.KemSeed.Span);
        var verdict = VerifiedVault.Verify("demo", state.Known!, new OwnIdentity(state.Device, signing.PublicKey), null);
        using var open = ((VaultVerdict.Ok)verdict).Vault.Open(state.Device, kem).Vault!;

        var draft = LinkDraft.Next(open, new LinkChange([], [], BeginEpoch: true), state.Device, 1, SystemRandom.Instance);
        var writer = new CborOut().Array(5).Text(Labels.Keyset).UInt(1).Bytes(state.Account).UInt(draft.Link.Epoch).Array(draft.Keyset.Entries.Length);
        foreach (var entry in draft.Keyset.Entries)
            writer.Array(3).Bytes(entry.Id).Bytes(entry.KemKey.Span).Bytes(entry.Id == victim ? new byte[KeysetEntry.SealSize] : entry.Seal.Span);
        var keyset = Keyset.Decode(writer.ToArray());
        var body = (draft.Link with { KeysetHash = keyset.Hash }).Encode();
        var link = SignedLink.Create(body, signing.Sign(SignatureLabel.Link, body), []);
        var manifest = SignedManifest.Sign(
            ManifestDraft.Next(open, draft, new ManifestChange(), state.Device, signing, SystemRandom.Instance).Manifest with
            {
                ChainHead = new LinkPlace(draft.Link.Sequence, link.Hash),
            },
            signing);
        await new SignedUpload(device).SendAsync(HttpMethod.Post, "/v1/commits", "application/cbor", new CommitBundle(link, keyset, manifest, []).Encode());
    }
}
