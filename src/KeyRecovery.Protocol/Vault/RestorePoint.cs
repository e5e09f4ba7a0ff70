using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// What an account was before some commit, as a server tells it (docs/protocol.md §7): nothing in it is true until
/// <see cref="Check"/> says so.
/// </summary>
/// <param name="Manifest">The manifest of that state.</param>
/// <param name="Seal">The key of its epoch, sealed to the reader: 1,168 bytes, or none where the reader was not active
/// then.</param>
public sealed record RestorePoint(SignedManifest Manifest, ReadOnlyMemory<byte> Seal)
{
    private const int Fields = 6;

    /// <summary>
    /// For a state that a repair replaced, so that no trail leads from it: the newest head that the server signed of
    /// it; else null.
    /// </summary>
    public SignedHead? Head { get; init; }

    /// <summary>
    /// Versions that an authority which was young replaced or deleted since, and that others had written; ascending by
    /// id, version, hash. An undo can put them again.
    /// </summary>
    public ImmutableArray<ManifestItem> Named { get; init; } = [];

    /// <summary>The bytes of the answer's body.</summary>
    public byte[] Encode()
    {
        var writer = new CborOut().Array(Fields).Text(Labels.RestorePoint).UInt(FormatVersion.Current)
            .Bytes(Manifest.Bytes.Span).Bytes(Seal.Span).Bytes(Head is null ? default : Head.Bytes.Span)
            .Array(Named.Length);
        foreach (var item in Named) item.Write(writer);
        return writer.ToArray();
    }

    /// <summary>Reads a restore point. Checks shapes only.</summary>
    /// <exception cref="WireFormatException">Not a restore point.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static RestorePoint Decode(ReadOnlyMemory<byte> body)
    {
        var reader = new CborIn(body);
        reader.Structure(Labels.RestorePoint, Fields);
        var manifest = reader.BytesView(1, Limits.CommitBytes);
        var seal = reader.BytesView(0, KeysetEntry.SealSize);
        var head = reader.BytesView(0, SignedHead.MaxSize);
        var count = reader.Array(0, Limits.NamedVersions);
        var named = ImmutableArray.CreateBuilder<ManifestItem>(count);
        for (var i = 0; i < count; i++) named.Add(ManifestItem.Read(reader));
        reader.End();
        WireFormatException.Require(seal.Length is 0 or KeysetEntry.SealSize, "a seal has 1,168 bytes");
        WireFormatException.Require(Ascending.Strictly(named, Compare), "named versions are ascending");
        return new RestorePoint(WireFormatException.In("manifest", manifest, SignedManifest.Decode), seal)
        {
            Head = head.IsEmpty ? null : WireFormatException.In("head", head, SignedHead.Decode),
            Named = named.MoveToImmutable(),
        };
    }

    /// <summary>The order in which a point lists versions: by id, version, hash.</summary>
    public static int Compare(ManifestItem a, ManifestItem b)
    {
        var order = a.Id.CompareTo(b.Id);
        if (order == 0) order = a.Version.CompareTo(b.Version);
        return order != 0 ? order : a.Hash.ToArray().AsSpan().SequenceCompareTo(b.Hash.ToArray());
    }

    /// <summary>
    /// Checks that the account was this once: its place is in the chain, an authority that was active there has signed
    /// it, and the trail leads from it to the manifest of now.
    /// </summary>
    /// <param name="vault">The vault that the reader has verified.</param>
    /// <param name="hashes">The hashes of the manifests from the point's version on up to the one before the vault's;
    /// null where those that the vault knows reach that far.</param>
    /// <param name="homeKeys">The home's audit keys, for a state that a repair replaced.</param>
    /// <param name="gaps">The gaps that were told with <paramref name="hashes"/>, beside those that the vault knows:
    /// who gave a state back itself never asked from below them.</param>
    public ProtocolFault Check(
        VerifiedVault vault, ImmutableArray<Hash256>? hashes = null, IReadOnlyList<VerifyKey>? homeKeys = null,
        IReadOnlyList<ManifestGap>? gaps = null)
    {
        var (then, now) = (Manifest.Manifest, vault.Manifest.Manifest);
        if (then.Account != vault.Account) return ProtocolFault.OtherAccount;
        if (!vault.Chain.Contains(then.ChainHead) || then.Epoch != vault.EpochAt(then.ChainHead.Sequence))
            return ProtocolFault.ManifestHeads;
        var signer = vault.Chain.Authorities.GetValueOrDefault(then.Signer);
        if (signer is null || !signer.WasActiveAt(then.ChainHead.Sequence) || !Manifest.IsSignedBy(signer.SigningKey))
            return ProtocolFault.ManifestSignature;
        if (Manifest.Hash == vault.Manifest.Hash) return ProtocolFault.None;
        if (Head is not null) return CheckReplaced(vault, Head, homeKeys ?? []);
        return then.Version < now.Version
            && (Leads(vault.Manifest, hashes ?? Known(vault, now.Version - then.Version))
                || IsUnproved(vault, gaps ?? []))
            ? ProtocolFault.None
            : ProtocolFault.ForkedManifest;
    }

    // No trail leads from what a repair took the place of: the home's word stands for it, and its claim says why.
    private ProtocolFault CheckReplaced(VerifiedVault vault, SignedHead head, IReadOnlyList<VerifyKey> homeKeys)
    {
        if (!head.IsSignedBy(homeKeys)) return ProtocolFault.HeadSignature;
        var then = Manifest.Manifest;
        if (head.Head != AccountHead.Of(then.ChainHead, Manifest, head.Head.Time)) return ProtocolFault.HeadMismatch;
        return vault.Claims.Any(c => c.Claim.ManifestVersion < then.Version && c.Claim.Time > head.Head.Time)
            ? ProtocolFault.None : ProtocolFault.ForkedManifest;
    }

    // In or below a gap nothing can be proved; that there is one, the home has to have claimed a restore for.
    private bool IsUnproved(VerifiedVault vault, IReadOnlyList<ManifestGap> told) => vault.Gaps.Concat(told).Any(
        gap => Manifest.Manifest.Version <= gap.To && vault.Claims.Any(c => c.Claim.ManifestVersion < gap.To));

    /// <summary>Opens a point that holds with the reader's KEM key.</summary>
    /// <param name="vault">The vault that the reader has verified.</param>
    /// <param name="own">The reader.</param>
    /// <param name="kemKey">Its key.</param>
    /// <returns>The open point and no fault, or null and why: without a seal, <see cref="ProtocolFault.OwnSeal"/>.
    /// </returns>
    /// <exception cref="UpgradeRequiredException">The sealed part has a version or flag that this program does not
    /// know.</exception>
    public (OpenRestorePoint? Point, ProtocolFault Fault) Open(
        VerifiedVault vault, AuthorityId own, KemPrivateKey kemKey)
    {
        var then = Manifest.Manifest;
        return Open(
            vault, Seal.IsEmpty ? null : EpochKey.OpenSeal(then.Account, then.Epoch, own, kemKey, Seal.Span));
    }

    /// <summary>
    /// The same for a reader without a seal who holds the key of a later epoch: one that was added since.
    /// </summary>
    /// <param name="vault">The vault that the reader has verified.</param>
    /// <param name="held">What it holds; still the caller's to dispose of.</param>
    /// <exception cref="UpgradeRequiredException">The sealed part has a version or flag that this program does not
    /// know.</exception>
    public (OpenRestorePoint? Point, ProtocolFault Fault) Open(VerifiedVault vault, EpochKeys held) =>
        Open(vault, held.Find(Manifest.Manifest.Epoch)?.Copy());

    private (OpenRestorePoint? Point, ProtocolFault Fault) Open(VerifiedVault vault, EpochKey? key)
    {
        if (key is null) return (null, ProtocolFault.OwnSeal);
        if (EpochKeys.From(vault.Chain, key) is { } keys) return OpenRestorePoint.Open(this, keys);
        key.Dispose();
        return (null, ProtocolFault.EpochCommit);
    }

    private bool Leads(SignedManifest now, ImmutableArray<Hash256> hashes) =>
        (ulong)hashes.Length == now.Manifest.Version - Manifest.Manifest.Version
        && hashes[0] == Manifest.Hash && hashes[^1] == now.Manifest.Previous
        && ManifestTrail.Next(Manifest.Manifest.Trail, hashes) == now.Manifest.Trail;

    private static ImmutableArray<Hash256> Known(VerifiedVault vault, ulong count) =>
        count <= (ulong)vault.Hashes.Length ? [.. vault.Hashes.AsSpan()[^(int)count..]] : [];
}
