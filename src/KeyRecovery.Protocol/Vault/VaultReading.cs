using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// One reading of a vault (docs/protocol.md §7, "Reading a vault"): what holds becomes a <see cref="VerifiedVault"/>.
/// </summary>
internal sealed class VaultReading(
    string appId, VaultBundle told, OwnIdentity own, VerifiedVault? known, bool isKept = false)
{
    /// <summary>Verifies what a server told.</summary>
    public VaultVerdict Run(IReadOnlyList<VerifyKey> homeKeys)
    {
        if (known is not null && told.Account != known.Account) return Refused(ProtocolFault.OtherAccount);
        if (!SignedHead.Decode(told.Head).IsSignedBy(homeKeys)) return Refused(ProtocolFault.HeadSignature);
        var manifest = SignedManifest.Decode(told.Manifest);
        if (known is not null) return RunFrom(known, manifest);
        if (told.First != 0) return Refused(ProtocolFault.DroppedLink);
        var links = ChainLinkList.Decode(told.Links, SignedChainLink.Decode);
        return Judge(links, Chain.Start(appId, links), manifest);
    }

    /// <summary>
    /// Reads what was verified before: all but the signatures and keys of the links is checked again.
    /// </summary>
    public VaultVerdict RunKept()
    {
        if (told.First != 0) return Refused(ProtocolFault.DroppedLink);
        var links = ChainLinkList.Decode(told.Links, SignedChainLink.DecodeKept);
        return Judge(links, Chain.Replay(appId, links), SignedManifest.Decode(told.Manifest));
    }

    private VaultVerdict RunFrom(VerifiedVault before, SignedManifest manifest)
    {
        var news = told.Links;
        if (told.First == 0)
        {
            if (FindFork(before) is var forked and not ProtocolFault.None) return Refused(forked);
            if (news.Length < before.Links.Length) return Refused(ProtocolFault.RolledBackChain);
            news = news[before.Links.Length..];
        }
        else if (told.First != (ulong)before.Links.Length)
        {
            return Refused(ProtocolFault.DroppedLink);
        }
        var links = ChainLinkList.Decode(news, SignedChainLink.Decode);
        var step = before.Chain.Append(links);
        var forks = links.Length != 0 && links[0].Link.Previous != before.Chain.Place.Hash;
        return step is ChainStep.Refused { Fault: ProtocolFault.BrokenChain } && forks
            ? Refused(ProtocolFault.Fork)
            : Judge(before.Links.AddRange(links), step, manifest);
    }

    /// <summary>Compares the links that are known; one that is told byte by byte needs no decoding.</summary>
    private ProtocolFault FindFork(VerifiedVault before)
    {
        var common = Math.Min(told.Links.Length, before.Links.Length);
        for (var i = 0; i < common; i++)
        {
            if (told.Links[i].Span.SequenceEqual(before.Links[i].Bytes.Span)) continue;
            if (SignedChainLink.Decode(told.Links[i]).Hash == before.Links[i].Hash) continue;
            return i == 0 ? ProtocolFault.ForgedBeginning : ProtocolFault.Fork;
        }
        return ProtocolFault.None;
    }

    private VaultVerdict Judge(ImmutableArray<SignedChainLink> links, ChainStep step, SignedManifest manifest)
    {
        if (step is ChainStep.Refused broken) return Refused(broken.Fault);
        var chain = ((ChainStep.Ok)step).Chain;
        if (chain.Account != told.Account) return Refused(ProtocolFault.OtherAccount);
        if (CheckKnown(chain, manifest) is var rolledBack and not ProtocolFault.None) return Refused(rolledBack);
        if (!chain.Authorities.TryGetValue(own.Id, out var self) || self.SigningKey != own.SigningKey)
            return Refused(ProtocolFault.OwnKeys);
        var (keyset, keysetFault) = EpochKeyset.Join(
            chain.Current, chain.Seals, [.. told.Keysets.Select(Keyset.Decode)]);
        if (keyset is null) return Refused(keysetFault);
        if (manifest.CheckAgainst(chain) is var manifestFault and not ProtocolFault.None) return Refused(manifestFault);
        var head = SignedHead.Decode(told.Head);
        return head.Head == AccountHead.Of(chain.Place, manifest, head.Head.Time)
            ? new VaultVerdict.Ok(new VerifiedVault(
                links, chain, keyset, manifest, head, Remembered(manifest), told.TrustedFrom))
            : Refused(ProtocolFault.HeadMismatch);
    }

    private ProtocolFault CheckKnown(Chain chain, SignedManifest manifest)
    {
        if (known is null) return isKept || IsWhole(manifest) ? ProtocolFault.None : ProtocolFault.ForkedManifest;
        var (newer, older) = (manifest.Manifest, known.Manifest.Manifest);
        if (chain == known.Chain && newer.ChainHead.Sequence < older.ChainHead.Sequence)
            return ProtocolFault.RolledBackChain;
        if (newer.Version < older.Version) return ProtocolFault.RolledBackManifest;
        var descends = newer.Version == older.Version
            ? manifest.Hash == known.Manifest.Hash && told.Hashes.Length == 0
            : DescendsFrom(known.Manifest, manifest);
        return descends ? ProtocolFault.None : ProtocolFault.ForkedManifest;
    }

    // To whoever starts from nothing the server may tell no hashes, or not all: those from version 1 on prove the
    // trail.
    private bool IsWhole(SignedManifest manifest) =>
        (ulong)told.Hashes.Length != manifest.Manifest.Version - 1 || told.Hashes.IsEmpty
        || (told.Hashes[^1] == manifest.Manifest.Previous
            && ManifestTrail.Next(default, told.Hashes) == manifest.Manifest.Trail);

    private ImmutableArray<Hash256> Remembered(SignedManifest manifest)
    {
        if (known is null && !isKept && (ulong)told.Hashes.Length != manifest.Manifest.Version - 1) return [];
        var all = known is null ? told.Hashes : known.Hashes.AddRange(told.Hashes);
        return all.Length <= Limits.TrailRemembered ? all : [.. all.AsSpan()[^Limits.TrailRemembered..]];
    }

    // The trail comes out only where every manifest between stands where it stood when this one was signed.
    private bool DescendsFrom(SignedManifest before, SignedManifest manifest) =>
        (ulong)told.Hashes.Length == manifest.Manifest.Version - before.Manifest.Version
        && told.Hashes[0] == before.Hash && told.Hashes[^1] == manifest.Manifest.Previous
        && ManifestTrail.Next(before.Manifest.Trail, told.Hashes) == manifest.Manifest.Trail;

    private static VaultVerdict.Refused Refused(ProtocolFault fault) => new(fault);
}
