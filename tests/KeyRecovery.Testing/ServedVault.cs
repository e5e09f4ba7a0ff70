using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing;

/// <summary>What a server holds of an account after one commit, and may serve as it likes.</summary>
/// <param name="Links">The chain.</param>
/// <param name="Keysets">Those of its newest epoch.</param>
/// <param name="Manifest">The newest manifest.</param>
/// <param name="Hashes">Those of all manifests before it, the first of version 1.</param>
public sealed record ServedVault(
    ImmutableArray<SignedChainLink> Links, ImmutableArray<Keyset> Keysets, SignedManifest Manifest,
    ImmutableArray<Hash256> Hashes)
{
    /// <summary>The account.</summary>
    public AccountId Account => Links[0].Link.Account;

    /// <summary>When its head was signed, in seconds since 1970.</summary>
    public ulong Time { get; init; } = TestHome.Now;

    /// <summary>What the server has claimed of restores.</summary>
    public ImmutableArray<SignedClaim> Claims { get; init; } = [];

    /// <summary>Versions of which the server lost the hashes, the lowest first; <see cref="Hashes"/> has them still.
    /// </summary>
    public ImmutableArray<ManifestGap> Gaps { get; init; } = [];

    /// <summary>Its newest link and manifest, as a claim tells them.</summary>
    public (ulong Sequence, ulong Version) Place => ((ulong)Links.Length - 1, Manifest.Manifest.Version);

    /// <summary>The honest answer.</summary>
    /// <param name="first">The first link to tell.</param>
    /// <param name="known">The vault that the reader has, whose manifest the hashes told begin with.</param>
    public VaultBundle Tell(int first = 0, VerifiedVault? known = null) =>
        known is null ? Tell(first, [], []) : TellFrom(known.Manifest.Manifest.Version, first);

    /// <summary>The honest answer to a reader who asks for the hashes from a version on.</summary>
    /// <param name="version">The version.</param>
    /// <param name="first">The first link to tell.</param>
    public VaultBundle TellFrom(ulong version, int first = 0) => Tell(
        first,
        [.. Hashes.Where((_, i) => (ulong)i + 1 >= version
            && !Gaps.Any(gap => gap.From <= (ulong)i + 1 && (ulong)i + 1 <= gap.To))],
        [.. Gaps.Where(gap => gap.To >= version)]);

    /// <summary>All of it, for a server that lost it.</summary>
    public RepairBundle Repair() => new(Links, Keysets, Manifest) { Between = Hashes };

    /// <summary>The state after one more commit.</summary>
    public ServedVault After(CommitBundle commit) => this with
    {
        Links = commit.Link is null ? Links : Links.Add(commit.Link),
        Keysets = commit.Link is null ? Keysets
            : commit.Link.Link.BeginsEpoch ? [commit.Keyset!] : Keysets.Add(commit.Keyset!),
        Manifest = commit.Manifest,
        Hashes = Hashes.Add(Manifest.Hash),
    };

    /// <summary>The trail of the manifest of a version, which may be the newest.</summary>
    public Hash256 TrailOf(ulong version) => ManifestTrail.Next(default, Hashes.Take((int)version - 1));

    /// <summary>The same with a gap, told with the trail of the version after it.</summary>
    public ServedVault WithGap(ulong from, ulong to) =>
        this with { Gaps = Gaps.Add(new ManifestGap(from, to, TrailOf(to + 1))) };

    /// <summary>
    /// The same with another link at its end, or in place of the one that stands at its sequence number.
    /// </summary>
    public ServedVault With(SignedChainLink link) =>
        this with {
            Links = [.. Links.Take((int)link.Link.Sequence), link, .. Links.Skip((int)link.Link.Sequence + 1)],
        };

    private VaultBundle Tell(int first, ImmutableArray<Hash256> hashes, ImmutableArray<ManifestGap> gaps) => new(
        Account, (ulong)first, [.. Links.Skip(first).Select(l => l.Bytes)], [.. Keysets.Select(k => k.Bytes)],
        Manifest.Bytes, TestHome.Sign(Manifest, Time).Bytes, hashes,
        ImmutableSortedDictionary<AuthorityId, ulong>.Empty)
    {
        Gaps = gaps,
        Restored = [.. Claims.Select(claim => claim.Bytes)],
    };
}
