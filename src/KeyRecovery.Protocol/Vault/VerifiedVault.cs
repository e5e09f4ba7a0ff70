using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// A vault whose every signature, hash and rule was checked (docs/protocol.md §7, "Reading a vault").
/// </summary>
public sealed class VerifiedVault
{
    internal VerifiedVault(
        ImmutableArray<SignedChainLink> links, Chain chain, EpochKeyset keyset, SignedManifest manifest,
        SignedHead head, RememberedTrail trail,
        ImmutableSortedDictionary<AuthorityId, ulong> trustedFrom)
    {
        Links = links;
        Chain = chain;
        Keyset = keyset;
        Manifest = manifest;
        Head = head;
        Trail = trail;
        TrustedFrom = trustedFrom;
    }

    /// <summary>The whole chain, link by link.</summary>
    public ImmutableArray<SignedChainLink> Links { get; }

    /// <summary>What the chain says.</summary>
    public Chain Chain { get; }

    /// <summary>The keyset of the current epoch.</summary>
    public EpochKeyset Keyset { get; }

    /// <summary>The current manifest.</summary>
    public SignedManifest Manifest { get; }

    /// <summary>The home server's signature under both.</summary>
    public SignedHead Head { get; }

    /// <summary>
    /// The hashes of the manifests before the current one, the newest last, as many as the reader knows and at most
    /// 4,096: what a server that lost them is given back.
    /// </summary>
    public ImmutableArray<Hash256> Hashes => Trail.Hashes;

    /// <summary>The trail of the first manifest of <see cref="Hashes"/>; without one, of the current.</summary>
    public Hash256 HashesTrail => Trail.Start;

    /// <summary>The version of the first manifest of <see cref="Hashes"/>; without one, of the current.</summary>
    public ulong HashesFrom => Manifest.Manifest.Version - (ulong)Hashes.Length;

    /// <summary>Versions of which the server lost the hashes, as far as it told them.</summary>
    public ImmutableArray<ManifestGap> Gaps { get; internal init; } = [];

    /// <summary>The home's claims that the account was restored, verified; the newest last, at most 16.</summary>
    public ImmutableArray<SignedClaim> Claims { get; internal init; } = [];

    /// <summary>
    /// The server's word: of an account that lacks its newest link, who was active at that; else empty.
    /// </summary>
    public ImmutableArray<AuthorityId> ActiveAtMinChain { get; internal init; } = [];

    /// <summary>The server's word, not signed.</summary>
    public ImmutableSortedDictionary<AuthorityId, ulong> TrustedFrom { get; }

    /// <summary>The account.</summary>
    public AccountId Account => Chain.Account;

    /// <summary>
    /// When the home was restored, in seconds since 1970, where the account lacks its newest links since; else null.
    /// </summary>
    public ulong? BehindSince => ActiveAtMinChain.IsEmpty || Claims.IsEmpty ? null : Claims[^1].Claim.Time;

    internal RememberedTrail Trail { get; }

    /// <summary>The epoch at a place of the chain.</summary>
    internal ulong EpochAt(ulong sequence) => Links[(int)sequence].Link.Epoch;

    /// <summary>Verifies what a server told.</summary>
    /// <param name="appId">The reader's own app.</param>
    /// <param name="told">The server's answer.</param>
    /// <param name="own">The reader.</param>
    /// <param name="known">The last vault that the reader verified, or null when it starts from nothing.</param>
    /// <param name="homeKeys">The home server's audit keys, as the reader's app pins them or as they were first seen.
    /// </param>
    public static VaultVerdict Verify(
        string appId, VaultBundle told, OwnIdentity own, VerifiedVault? known, IReadOnlyList<VerifyKey> homeKeys) =>
        Judge(() => new VaultReading(appId, told, own, known).Run(homeKeys));

    /// <summary>
    /// Reads a vault that this program verified and kept sealed, where nobody else writes: as <see cref="Verify"/>, but
    /// the signatures and the keys of the links, nearly all of the cost, are not checked once more.
    /// </summary>
    /// <param name="appId">The reader's own app.</param>
    /// <param name="kept">What was kept, whole.</param>
    /// <param name="own">The reader.</param>
    /// <param name="hashesTrail">What was kept of <see cref="HashesTrail"/>; without it, hashes that do not begin at
    /// version 1 are let go.</param>
    public static VaultVerdict Reopen(
        string appId, VaultBundle kept, OwnIdentity own, Hash256? hashesTrail = null) =>
        Judge(() => new VaultReading(appId, kept, own, null).RunKept(hashesTrail));

    /// <summary>
    /// This vault after a commit of items that was made on it and that the home has accepted: what
    /// <see cref="Verify"/> makes of the same. Links and keysets are those of this vault, and are not read anew.
    /// </summary>
    /// <param name="manifest">The commit's manifest, as it was built.</param>
    /// <param name="head">The head that the home told of it, signed.</param>
    /// <param name="restored">The claims that it told with it, signed.</param>
    /// <param name="trustedFrom">Its word of the authorities' ages.</param>
    /// <param name="homeKeys">Its audit keys.</param>
    /// <returns>Null where it is no such commit, or where the home told of another, or a new claim: what was told is
    /// then to be verified.</returns>
    public VerifiedVault? Follow(
        SignedManifest manifest, ReadOnlyMemory<byte> head, IEnumerable<ReadOnlyMemory<byte>> restored,
        ImmutableSortedDictionary<AuthorityId, ulong> trustedFrom, IReadOnlyList<VerifyKey> homeKeys)
    {
        if (manifest.CheckFollows(Manifest) != ProtocolFault.None
            || manifest.CheckAgainst(Chain) != ProtocolFault.None) return null;
        try
        {
            var signed = SignedHead.Decode(head);
            return signed.IsSignedBy(homeKeys) && restored.All(Knows)
                && signed.Head == AccountHead.Of(Chain.Place, manifest, signed.Head.Time)
                ? new VerifiedVault(Links, Chain, Keyset, manifest, signed, Trail.Add([Manifest.Hash]), trustedFrom)
                {
                    Gaps = Gaps, Claims = Claims,
                }
                : null;
        }
        catch (Exception e) when (e is WireFormatException or UpgradeRequiredException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether the head of what is served and the one that is known prove a lie of the home: it has signed both, both
    /// cannot be true, and no claim of a restore explains that, known or told along.
    /// </summary>
    /// <param name="told">The head that is told, signed.</param>
    /// <param name="restored">The claims that are told with it, signed.</param>
    /// <param name="homeKeys">The home's audit keys.</param>
    /// <exception cref="WireFormatException">The head, or a claim, is none.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public bool ProvesLie(
        ReadOnlyMemory<byte> told, IEnumerable<ReadOnlyMemory<byte>> restored, IReadOnlyList<VerifyKey> homeKeys)
    {
        var head = SignedHead.Decode(told);
        return Head.Head.Contradicts(head.Head) && head.IsSignedBy(homeKeys) && Head.Head.Contradicts(
            head.Head, KnownClaims.Add(Claims, restored, Account, homeKeys).Select(c => c.Claim));
    }

    /// <summary>
    /// How the trail of what is served leads through another manifest than what is known, where the two heads do not
    /// contradict each other by themselves; null where it does not, the home has not signed it, or a claim of a
    /// restore explains it.
    /// </summary>
    /// <param name="told">What is served, with the hashes from the first version on of which this knows one.</param>
    /// <param name="homeKeys">The home's audit keys.</param>
    /// <exception cref="WireFormatException">Its head, or a claim, is none.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public ForkedTrail? FindForkedTrail(VaultBundle told, IReadOnlyList<VerifyKey> homeKeys)
    {
        var head = SignedHead.Decode(told.Head);
        if (!head.IsSignedBy(homeKeys) || head.Head.Manifest.Version < HashesFrom) return null;
        var count = (int)Math.Min(head.Head.Manifest.Version - HashesFrom, int.MaxValue);
        var trail = new ForkedTrail(HashesFrom, HashesTrail, Hashes, [.. told.Hashes.Take(count)]);
        var claims = KnownClaims.Add(Claims, told.Restored, Account, homeKeys).Select(c => c.Claim);
        return trail.Proves(Head.Head, head.Head, claims) ? trail : null;
    }

    /// <summary>
    /// Whether claims say that the account was restored since, and once to a place before this reader was added: who is
    /// not in what is served then was not removed.
    /// </summary>
    /// <param name="own">The reader.</param>
    /// <param name="restored">What the home tells of restores, signed.</param>
    /// <param name="homeKeys">Its audit keys.</param>
    public bool WasRestoredWithout(
        AuthorityId own, IEnumerable<ReadOnlyMemory<byte>> restored, IReadOnlyList<VerifyKey> homeKeys)
    {
        try
        {
            var claims = KnownClaims.Add(Claims, restored, Account, homeKeys);
            return claims.Any(c => c.Claim.Time > Head.Head.Time)
                && claims.Any(c => c.Claim.ChainSequence < Chain.Authorities[own].AddedAt);
        }
        catch (Exception e) when (e is WireFormatException or UpgradeRequiredException)
        {
            return false;
        }
    }

    /// <summary>
    /// This vault, as one that a restored home lacks with the newest links since (docs/protocol.md §7, "The way back");
    /// null where the reader was not active at these, or no claim says that the home was restored since.
    /// </summary>
    /// <param name="own">The reader.</param>
    /// <param name="active">The home's word: who was active at the newest link.</param>
    /// <param name="restored">What it tells of restores, signed.</param>
    /// <param name="homeKeys">Its audit keys.</param>
    public VerifiedVault? AsBehind(
        AuthorityId own, ImmutableArray<AuthorityId> active, IEnumerable<ReadOnlyMemory<byte>> restored,
        IReadOnlyList<VerifyKey> homeKeys)
    {
        if (!active.Contains(own) || Chain.FindActive(own) is null) return null;
        try
        {
            var claims = KnownClaims.Add(Claims, restored, Account, homeKeys);
            return claims.Any(c => c.Claim.Time > Head.Head.Time)
                ? new VerifiedVault(Links, Chain, Keyset, Manifest, Head, Trail, TrustedFrom)
                {
                    Gaps = Gaps, Claims = claims, ActiveAtMinChain = active,
                }
                : null;
        }
        catch (Exception e) when (e is WireFormatException or UpgradeRequiredException)
        {
            return null;
        }
    }

    /// <summary>The whole vault, to be kept sealed and read again with <see cref="Reopen"/>.</summary>
    public VaultBundle ToBundle() =>
        new(Account, 0, [.. Links.Select(l => l.Bytes)], [.. Keyset.Parts.Select(p => p.Bytes)], Manifest.Bytes,
            Head.Bytes, Hashes, TrustedFrom)
        {
            Gaps = Gaps,
            Restored = [.. Claims.Select(claim => claim.Bytes)],
            ActiveAtMinChain = ActiveAtMinChain,
        };

    /// <summary>Opens the vault with the reader's KEM key.</summary>
    /// <param name="own">The reader.</param>
    /// <param name="kemKey">Its KEM key.</param>
    /// <param name="known">What it opened before, of which it knows more label keys (§5); null where nothing.</param>
    /// <returns>The open vault and no fault, or null and why; by whom, says <see cref="FindSpoiler"/>.</returns>
    /// <exception cref="UpgradeRequiredException">The sealed part has a version or flag that this program does not
    /// know, and every authority of the account may read newer ones.</exception>
    public (OpenVault? Vault, ProtocolFault Fault) Open(
        AuthorityId own, KemPrivateKey kemKey, OpenVault? known = null)
    {
        var (keys, spoiled) = OpenKeys(own, kemKey, known);
        if (keys is null) return (null, spoiled?.Fault ?? ProtocolFault.KeysetMembers);
        ManifestPrivate? opened = null;
        try
        {
            opened = OpenPrivate(keys.Current, known);
            return opened is null
                ? (null, ProtocolFault.ManifestPrivate)
                : (new OpenVault(this, keys, opened), ProtocolFault.None);
        }
        finally
        {
            if (opened is null) keys.Dispose();
        }
    }

    /// <summary>Opens the keys alone: the sealed part need not open.</summary>
    /// <returns>The keys, or by whom they do not open; neither where the reader has no seal.</returns>
    public (EpochKeys? Keys, SpoiledVault? Spoiled) OpenKeys(AuthorityId own, KemPrivateKey kemKey)
    {
        if (Keyset.Find(own) is not { } seal) return (null, null);
        var (key, fault) = Keyset.Open(own, kemKey, Chain.Head.Link.EpochCommit);
        if (key is null) return (null, new SpoiledVault(this, fault, seal.MadeBy));
        var keys = new EpochKeys(Chain, key);
        // Before anything older is let go: what this epoch does not lead to would be lost.
        if (keys.FindUnsound() is not { } start) return (keys, null);
        keys.Dispose();
        return (null, new SpoiledVault(this, ProtocolFault.UnsoundEpoch, start.Signer));
    }

    /// <summary>Who made the vault so that it does not open for the reader; null where it does, or has no seal for it.
    /// </summary>
    /// <param name="own">The reader.</param>
    /// <param name="kemKey">Its KEM key.</param>
    /// <param name="known">As in <see cref="Open"/>.</param>
    public SpoiledVault? FindSpoiler(AuthorityId own, KemPrivateKey kemKey, OpenVault? known = null)
    {
        var (keys, spoiled) = OpenKeys(own, kemKey, known);
        if (keys is null) return spoiled;
        using (keys)
        using (var opened = OpenPrivate(keys.Current, known))
            return opened is null
                ? new SpoiledVault(this, ProtocolFault.ManifestPrivate, Manifest.Manifest.Signer) : null;
    }

    // What the chain commits to was opened, or is opened now.
    private (EpochKeys? Keys, SpoiledVault? Spoiled) OpenKeys(
        AuthorityId own, KemPrivateKey kemKey, OpenVault? known) =>
        known?.Vault.Chain.Place == Chain.Place && known.Keys.On(Chain) is { } keys
            ? (keys, null) : OpenKeys(own, kemKey);

    private bool Knows(ReadOnlyMemory<byte> claim) => Claims.Any(c => c.Bytes.Span.SequenceEqual(claim.Span));

    // A sealed part that is too new is its signer's fault, unless everybody may read newer ones.
    private ManifestPrivate? OpenPrivate(EpochKey key, OpenVault? known)
    {
        try
        {
            if (ManifestPrivate.Open(key, Manifest.Manifest) is not { } opened) return null;
            if (HasLabelDue(opened, known)) return opened;
            opened.Dispose();
            return null;
        }
        catch (UpgradeRequiredException) when (Chain.Current.LowestMaxFormat <= FormatVersion.Current)
        {
            return null;
        }
    }

    // The label of the log's leaf, and the label key in the sealed part (§5), where the reader has the key of the
    // manifest that this one returns to, or follows: it opened that one, or one of the same epoch, which keeps its key.
    private bool HasLabelDue(ManifestPrivate opened, OpenVault? known)
    {
        var manifest = Manifest.Manifest;
        var follows = manifest.Base ?? new ManifestPlace(manifest.Version - 1, manifest.Previous);
        if (known is null || follows != known.Vault.Manifest.Place)
            return !HasLabelKeyOfBase(known) || manifest.HasLeafLabelOf(opened.LabelKey);
        var key = known.Private.LabelKey;
        var staysInEpoch = manifest.Epoch == known.Vault.Manifest.Manifest.Epoch;
        return manifest.HasLeafLabelOf(key) && (!staysInEpoch || opened.LabelKey.Span.SequenceEqual(key.Span));
    }

    // Its own label key is that of the base as well: version 1 has no other, and an epoch keeps its own.
    private bool HasLabelKeyOfBase(OpenVault? known)
    {
        var manifest = Manifest.Manifest;
        if (manifest.Version == 1) return true;
        if (manifest.Base is not null) return false;
        // Each link came with a manifest, but for those that only a repair brought.
        if (Chain.Current.Keysets.Length > 1 && Claims.IsEmpty) return true;
        return known is not null && known.Vault.Manifest.Manifest.Epoch == manifest.Epoch
            && Hashes.Contains(known.Vault.Manifest.Hash);
    }

    private static VaultVerdict Judge(Func<VaultVerdict> read)
    {
        try
        {
            return read();
        }
        catch (WireFormatException)
        {
            return new VaultVerdict.Refused(ProtocolFault.Malformed);
        }
        catch (UpgradeRequiredException)
        {
            return new VaultVerdict.Refused(ProtocolFault.UpgradeRequired);
        }
    }
}
