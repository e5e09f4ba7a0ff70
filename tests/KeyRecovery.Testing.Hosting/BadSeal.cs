using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing.Hosting;

/// <summary>
/// What a broken or malicious device does: every rule that the server can check is kept, and somebody's seal is not.
/// </summary>
public static class BadSeal
{
    /// <summary>Begins an epoch in which one authority gets zeros for a seal.</summary>
    public static async Task CommitAsync(TestDevice device, AuthorityId victim)
    {
        using (var refreshed = await device.OpenAsync()) { }
        using var state = await device.Store.LoadAsync(default);
        using var signing = SigningKey.FromSeed(state!.SigningSeed.Span);
        using var kem = KemPrivateKey.FromSeed(state.KemSeed.Span);
        var verdict = VerifiedVault.Reopen(
            "demo", state.Known!, new OwnIdentity(state.Device, signing.PublicKey));
        using var open = ((VaultVerdict.Ok)verdict).Vault.Open(state.Device, kem).Vault!;

        var draft = ChainLinkDraft.Next(
            open, new ChainLinkChange([], [], BeginEpoch: true), state.Device, 1, SystemRandom.Instance);
        var writer = new CborOut().Array(5).Text(Labels.Keyset).UInt(1).Bytes(state.Account).UInt(draft.Link.Epoch)
            .Array(draft.Keyset.Entries.Length);
        foreach (var entry in draft.Keyset.Entries)
            writer.Array(3).Bytes(entry.Id).Bytes(entry.KemKey.Span)
                .Bytes(entry.Id == victim ? new byte[KeysetEntry.SealSize] : entry.Seal.Span);
        var keyset = Keyset.Decode(writer.ToArray());
        var body = (draft.Link with { KeysetHash = keyset.Hash }).Encode();
        var link = SignedChainLink.Create(body, signing.Sign(SignatureLabel.Link, body), []);
        var manifest = SignedManifest.Sign(
            ManifestDraft.Next(
                open, draft, new ManifestChange(), state.Device, signing, SystemRandom.Instance).Manifest with
            {
                ChainHead = new ChainPlace(draft.Link.Sequence, link.Hash),
            },
            signing);
        await new SignedUpload(device)
            .SendAsync(HttpMethod.Post, "/v1/commits", "application/cbor",
                new CommitBundle(link, keyset, manifest, []).Encode());
    }
}
