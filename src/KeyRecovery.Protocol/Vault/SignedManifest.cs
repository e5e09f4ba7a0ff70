using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>A manifest with its signature (docs/protocol.md §5).</summary>
public sealed class SignedManifest
{
    private SignedManifest(ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte> body, byte[] signature)
    {
        Bytes = bytes;
        Body = body;
        Signature = signature;
        Manifest = Manifest.Decode(body);
        Hash = Hash256.Of(body.Span);
    }

    /// <summary>The whole structure as it travels and is stored.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The signed bytes.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The decoded body.</summary>
    public Manifest Manifest { get; }

    /// <summary>SHA-256 of the body: the name of this state of the vault.</summary>
    public Hash256 Hash { get; }

    /// <summary>64 bytes.</summary>
    public byte[] Signature { get; }

    /// <summary>Signs a manifest.</summary>
    public static SignedManifest Sign(Manifest manifest, SigningKey key)
    {
        var body = manifest.Encode();
        var signature = key.Sign(SignatureLabel.Manifest, body);
        return new SignedManifest(new CborOut().Array(2).Bytes(body).Bytes(signature).ToArray(), body, signature);
    }

    /// <summary>Reads a signed manifest. Checks the shape only.</summary>
    /// <exception cref="WireFormatException">Not a signed manifest.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static SignedManifest Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        reader.Array(2);
        var body = reader.BytesView(1, Limits.CommitBytes);
        var signature = reader.Bytes(SigningKey.SignatureSize);
        reader.End();
        return new SignedManifest(bytes, body, signature);
    }

    /// <summary>The manifest's place among the account's.</summary>
    public ManifestPlace Place => new(Manifest.Version, Hash);

    /// <summary>The trail of the manifest that follows this one.</summary>
    public Hash256 NextTrail => ManifestTrail.Next(Manifest.Trail, Hash);

    /// <summary>
    /// Checks the signature, that the manifest stands on the head, and that every item opens from there. An undo stands
    /// on a link that begins an epoch, and returns to an earlier manifest.
    /// </summary>
    public ProtocolFault CheckAgainst(ChainHead head) =>
        Manifest.Base is { } place && !(head.BeginsEpoch && place.Version < Manifest.Version)
        ? ProtocolFault.ManifestBase
        : CheckAgainst(
            head.Account, head.Place, head.Path, head.Active.GetValueOrDefault(Manifest.Signer)?.SigningKey);

    /// <summary>The same for a reader who has the whole chain.</summary>
    public ProtocolFault CheckAgainst(Chain chain) => CheckAgainst(chain.Current);

    /// <summary>The same for a reader who knows the head without having the chain at hand.</summary>
    /// <param name="account">The account.</param>
    /// <param name="head">The newest link.</param>
    /// <param name="path">The epochs whose keys the current one leads to.</param>
    /// <param name="signer">The key of the active authority that <see cref="Manifest"/> names as signer; null if there
    /// is none.</param>
    public ProtocolFault CheckAgainst(AccountId account, ChainPlace head, EpochPath path, VerifyKey? signer)
    {
        if (Manifest.Account != account) return ProtocolFault.OtherAccount;
        if (Manifest.ChainHead != head || Manifest.Epoch != path.Newest) return ProtocolFault.ManifestHeads;
        foreach (var item in Manifest.Items)
            if (!path.Contains(item.Epoch) || item.Version > Manifest.Version) return ProtocolFault.ManifestItems;
        return signer is not null && IsSignedBy(signer) ? ProtocolFault.None : ProtocolFault.ManifestSignature;
    }

    /// <summary>Whether the holder of a key has signed it.</summary>
    public bool IsSignedBy(VerifyKey signer) => signer.Verify(SignatureLabel.Manifest, Body.Span, Signature);

    /// <summary>
    /// Checks that this manifest follows <paramref name="before"/> by one commit: version, hash, trail, and every item
    /// that changed one version up in the manifest's epoch. In an undo an entry may be the base's as well, byte for
    /// byte, though its version be lower; one that changed is above both.
    /// </summary>
    /// <param name="before">The manifest before, or null for version 1.</param>
    /// <param name="undoneTo">The manifest that <see cref="Manifest.Base"/> names; null where it names none.</param>
    public ProtocolFault CheckFollows(SignedManifest? before, SignedManifest? undoneTo = null)
    {
        if (Manifest.Version != (before?.Manifest.Version ?? 0) + 1 || Manifest.Previous != (before?.Hash ?? default)
            || Manifest.Trail != (before?.NextTrail ?? default))
        {
            return ProtocolFault.ForkedManifest;
        }
        if (Manifest.Base != undoneTo?.Place || Manifest.Base?.Version >= Manifest.Version)
            return ProtocolFault.ManifestBase;
        foreach (var item in Manifest.Items)
        {
            var (old, older) = (before?.Manifest.Find(item.Id), undoneTo?.Manifest.Find(item.Id));
            if (item == old || item == older) continue;
            if (item.Version != ManifestItem.NextVersion(old, older) || item.Epoch != Manifest.Epoch)
                return ProtocolFault.ManifestItems;
        }
        return ProtocolFault.None;
    }

    /// <summary>
    /// Whether a slot may write it: every entry is that of the manifest before or, in an undo, the base's, byte for
    /// byte, and nothing is left out but what one of them lacks.
    /// </summary>
    /// <param name="before">The manifest before.</param>
    /// <param name="undoneTo">The manifest that <see cref="Manifest.Base"/> names; null where it names none.</param>
    public bool ChangesNothing(SignedManifest before, SignedManifest? undoneTo = null)
    {
        var (old, older) = (before.Manifest, undoneTo?.Manifest ?? before.Manifest);
        return Manifest.Items.All(item => item == old.Find(item.Id) || item == older.Find(item.Id))
            && old.Items.All(item => Manifest.Find(item.Id) is not null || older.Find(item.Id) is null);
    }
}
