using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing;

/// <summary>Signs and seals what no draft would write: for liars who hold a key, and for those who hold none.</summary>
public static class Forge
{
    /// <summary>Signs a link of any content, with the possession of <paramref name="added"/> in their order.</summary>
    public static SignedChainLink Link(ChainLink link, TestAuthority signer, params TestAuthority[] added)
    {
        var body = link.Encode();
        return SignedChainLink.Create(
            body, signer.Signing.Sign(SignatureLabel.Link, body),
            [.. added.Select(a => ChainLinkDraft.ProvePossession(a.Signing, body))]);
    }

    /// <summary>Another body under the signatures of a link that somebody signed.</summary>
    public static SignedChainLink Link(ChainLink link, SignedChainLink signaturesOf) =>
        SignedChainLink.Create(link.Encode(), signaturesOf.Signature, signaturesOf.Possession);

    /// <summary>A keyset with entries of any content.</summary>
    public static Keyset Keyset(AccountId account, ulong epoch, IReadOnlyCollection<KeysetEntry> entries)
    {
        var writer = new CborOut().Array(5)
            .Text(Labels.Keyset).UInt(FormatVersion.Current).Bytes(account).UInt(epoch).Array(entries.Count);
        foreach (var entry in entries) writer.Array(3).Bytes(entry.Id).Bytes(entry.KemKey.Span).Bytes(entry.Seal.Span);
        return Protocol.Vault.Keyset.Decode(writer.ToArray());
    }

    /// <summary>Another body under the signature of a manifest that somebody signed.</summary>
    public static SignedManifest Manifest(Manifest manifest, SignedManifest signatureOf) =>
        SignedManifest.Decode(new CborOut().Array(2).Bytes(manifest.Encode()).Bytes(signatureOf.Signature).ToArray());

    /// <summary>The vault after more commits, each a manifest that changes nothing.</summary>
    public static ServedVault Manifests(ServedVault vault, TestAuthority signer, int count)
    {
        for (; count > 0; count--)
        {
            var before = vault.Manifest;
            var next = before.Manifest with
            {
                Version = before.Manifest.Version + 1, Previous = before.Hash,
                Trail = ManifestTrail.Next(before.Manifest.Trail, before.Hash), Signer = signer.Id,
            };
            var signed = SignedManifest.Sign(next, signer.Signing);
            vault = vault with { Manifest = signed, Hashes = vault.Hashes.Add(before.Hash) };
        }

        return vault;
    }

    /// <summary>Opens a vault whose sealed part does not open, as somebody who holds its keys and makes up the rest.
    /// </summary>
    public static OpenVault Open(VerifiedVault vault, EpochKeys keys, IRandom random) => new(
        vault, keys, new ManifestPrivate(
            ManifestPrivate.NewLabelKey(random),
            [.. vault.Manifest.Manifest.Items.Select(i => new ItemNote(i.Id, $"item {i.Id}", 0, 0))], []));

    /// <summary>The bytes with one bit of one byte turned.</summary>
    public static byte[] Flip(ReadOnlySpan<byte> bytes, int at, byte mask = 1)
    {
        var copy = bytes.ToArray();
        copy[at] ^= mask;
        return copy;
    }
}
