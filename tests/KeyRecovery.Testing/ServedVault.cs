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

    /// <summary>The honest answer.</summary>
    /// <param name="first">The first link to tell.</param>
    /// <param name="known">The vault that the reader has, whose manifest the hashes told begin with.</param>
    public VaultBundle Tell(int first = 0, VerifiedVault? known = null) => new(
        Account, (ulong)first, [.. Links.Skip(first).Select(l => l.Bytes)], [.. Keysets.Select(k => k.Bytes)],
        Manifest.Bytes, TestHome.Sign(Manifest).Bytes, HashesFrom(known),
        ImmutableSortedDictionary<AuthorityId, ulong>.Empty);

    /// <summary>All of it, for a server that lost it.</summary>
    public RepairBundle Repair() => new(Links, Keysets, Manifest) { Between = Hashes };

    /// <summary>The state after one more commit.</summary>
    public ServedVault After(CommitBundle commit) => new(
        commit.Link is null ? Links : Links.Add(commit.Link),
        commit.Link is null ? Keysets : commit.Link.Link.BeginsEpoch ? [commit.Keyset!] : Keysets.Add(commit.Keyset!),
        commit.Manifest, Hashes.Add(Manifest.Hash));

    /// <summary>
    /// The same with another link at its end, or in place of the one that stands at its sequence number.
    /// </summary>
    public ServedVault With(SignedChainLink link) =>
        this with {
            Links = [.. Links.Take((int)link.Link.Sequence), link, .. Links.Skip((int)link.Link.Sequence + 1)],
        };

    private ImmutableArray<Hash256> HashesFrom(VerifiedVault? known) => known is null
        ? []
        : [.. Hashes.Skip((int)known.Manifest.Manifest.Version - 1)
            .Take((int)Math.Max(0, (long)Manifest.Manifest.Version - (long)known.Manifest.Manifest.Version))];
}
