using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing.Hosting;

/// <summary>
/// What a malicious device of an account can write that every server takes: whether it opens, no server sees.
/// </summary>
public static class Culprit
{
    /// <summary>Begins an epoch whose box holds the key of no epoch: what was stored before would be lost.</summary>
    public static Task BeginUnsoundEpochAsync(TestDevice device) => CommitAsync(device, (open, own, signing) =>
    {
        using var draft = ChainLinkDraft.Next(
            open, new ChainLinkChange([], [], BeginEpoch: true), own, 1, SystemRandom.Instance);
        var body = (draft.Link with { PreviousEpochKey = RandomNumberGenerator.GetBytes(48) }).Encode();
        var link = SignedChainLink.Create(body, signing.Sign(SignatureLabel.Link, body), []);
        var manifest = ManifestDraft.Next(open, draft, new ManifestChange(), own, signing, SystemRandom.Instance);
        return new CommitBundle(link, draft.Keyset, SignedManifest.Sign(
            manifest.Manifest with { ChainHead = new ChainPlace(draft.Link.Sequence, link.Hash) }, signing), []);
    });

    /// <summary>Writes a manifest whose sealed part is noise.</summary>
    public static Task WriteNoiseAsync(TestDevice device) => CommitAsync(device, (open, own, signing) =>
    {
        var manifest = ManifestDraft.Next(open, null, new ManifestChange(), own, signing, SystemRandom.Instance);
        return new CommitBundle(null, null, SignedManifest.Sign(
            manifest.Manifest with { Private = RandomNumberGenerator.GetBytes(300) }, signing), []);
    });

    private static async Task CommitAsync(
        TestDevice device, Func<OpenVault, AuthorityId, SigningKey, CommitBundle> write)
    {
        using (var refreshed = await device.OpenAsync()) { }
        using var state = await device.Store.LoadAsync(default);
        using var signing = SigningKey.FromSeed(state!.SigningSeed.Span);
        using var kem = KemPrivateKey.FromSeed(state.KemSeed.Span);
        var verdict = VerifiedVault.Reopen("demo", state.Known!, new OwnIdentity(state.Device, signing.PublicKey));
        using var open = ((VaultVerdict.Ok)verdict).Vault.Open(state.Device, kem).Vault!;
        await new SignedUpload(device).SendAsync(
            HttpMethod.Post, "/v1/commits", "application/cbor", write(open, state.Device, signing).Encode());
    }
}
