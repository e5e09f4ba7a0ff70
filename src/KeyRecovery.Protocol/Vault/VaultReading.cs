using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// One reading of a vault (docs/protocol.md §7, "Reading a vault"): what holds becomes a <see cref="VerifiedVault"/>.
/// </summary>
internal sealed class VaultReading(string appId, VaultBundle told, OwnIdentity own, VerifiedVault? known)
{
    private SignedManifest _manifest = null!;
    private ImmutableArray<SignedClaim> _claims = [];

    /// <summary>Verifies what a server told.</summary>
    public VaultVerdict Run(IReadOnlyList<VerifyKey> homeKeys)
    {
        if (known is not null && told.Account != known.Account) return Refused(ProtocolFault.OtherAccount);
        if (!SignedHead.Decode(told.Head).IsSignedBy(homeKeys)) return Refused(ProtocolFault.HeadSignature);
        _claims = KnownClaims.Add(known?.Claims ?? [], told.Restored, told.Account, homeKeys);
        try
        {
            _manifest = SignedManifest.Decode(told.Manifest);
            if (known is null) return RunAnew(1);
            var verdict = RunFrom(known);
            return verdict is VaultVerdict.Refused(var fault) && FindClaim(known, fault) is { } claim
                ? RunBeside(known, claim, fault) : verdict;
        }
        catch (UpgradeRequiredException)
        {
            return Refused(FindFormatFault());
        }
    }

    /// <summary>
    /// Reads what was verified before: all but the signatures and keys of the links is checked again.
    /// </summary>
    /// <param name="start">The trail of the first manifest whose hash was kept, where that was kept.</param>
    public VaultVerdict RunKept(Hash256? start)
    {
        if (told.First != 0) return Refused(ProtocolFault.DroppedLink);
        _manifest = SignedManifest.Decode(told.Manifest);
        _claims = KnownClaims.Add([], told.Restored, told.Account, null);
        var links = ChainLinkList.Decode(told.Links, SignedChainLink.DecodeKept);
        var all = (ulong)told.Hashes.Length == _manifest.Manifest.Version - 1;
        var trail = RememberedTrail.None(_manifest);
        if ((start ?? (all ? default(Hash256) : null)) is { } first)
        {
            if (ManifestTrail.Next(first, told.Hashes) != _manifest.Manifest.Trail)
                return Refused(ProtocolFault.ForkedManifest);
            trail = new RememberedTrail(first, told.Hashes);
        }

        return Judge(links, Chain.Replay(appId, links), trail, told.Gaps);
    }

    private VaultVerdict RunAnew(ulong from)
    {
        if (told.First != 0) return Refused(ProtocolFault.DroppedLink);
        var links = ChainLinkList.Decode(told.Links, SignedChainLink.Decode);
        var step = Chain.Start(appId, links);
        if (step is ChainStep.Refused broken) return Refused(broken.Fault);
        var (trail, fault) = new ToldTrail(told, _manifest).Anew(from);
        return fault == ProtocolFault.None ? Judge(links, step, trail, told.Gaps) : Refused(fault);
    }

    private VaultVerdict RunFrom(VerifiedVault before)
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
        if (step is ChainStep.Refused broken)
            return Refused(broken.Fault == ProtocolFault.BrokenChain && forks ? ProtocolFault.Fork : broken.Fault);
        var (newer, older) = (_manifest.Manifest, before.Manifest.Manifest);
        if (links.IsEmpty && newer.ChainHead.Sequence < older.ChainHead.Sequence)
            return Refused(ProtocolFault.RolledBackChain);
        if (newer.Version < older.Version) return Refused(ProtocolFault.RolledBackManifest);
        return new ToldTrail(told, _manifest).From(before.Manifest) is { } hashes
            ? Judge(before.Links.AddRange(links), step, before.Trail.Add(hashes), before.Gaps)
            : Refused(ProtocolFault.ForkedManifest);
    }

    // Nobody writes what somebody does not read who is active before: that needs no upgrade, it is wrong.
    private ProtocolFault FindFormatFault()
    {
        if (told.First != 0 && told.First != (ulong?)known?.Links.Length) return ProtocolFault.DroppedLink;
        var links = ChainLinkList.DecodeKnownVersions(told.Links);
        if (told.First == 0 && links.IsEmpty) return ProtocolFault.UpgradeRequired;
        var step = told.First == 0 ? Chain.Start(appId, links) : known!.Chain.Append(links);
        return step switch
        {
            ChainStep.Ok { Chain.Current.LowestMaxFormat: > FormatVersion.Current } => ProtocolFault.UpgradeRequired,
            ChainStep.Ok => ProtocolFault.AboveFormat,
            ChainStep.Refused broken => broken.Fault,
            _ => throw new InvalidOperationException("a step is one of two"),
        };
    }

    // What does not follow on what was known, under a claim that says why: verified as by a reader who knows nothing.
    private VaultVerdict RunBeside(VerifiedVault before, SignedClaim claim, ProtocolFault fault)
    {
        var verdict = RunAnew(before.Manifest.Manifest.Version);
        return verdict is VaultVerdict.Ok ok
            ? ok with { Conflict = new RestoreConflict(claim, fault, before) } : verdict;
    }

    // Only a whole chain tells where it leaves the known one.
    private SignedClaim? FindClaim(VerifiedVault before, ProtocolFault fault)
    {
        if (told.First != 0 || fault is not (ProtocolFault.Fork or ProtocolFault.RolledBackChain
            or ProtocolFault.RolledBackManifest or ProtocolFault.ForkedManifest)) return null;
        var head = SignedHead.Decode(told.Head).Head;
        var lies = before.Head.Head.Contradicts(head, _claims.Select(c => c.Claim));
        if (lies) return null;
        var gapsEnd = new ToldTrail(told, _manifest).GapsEndFrom(before.Manifest.Manifest.Version);
        return KnownClaims.FindFor(
            _claims, before, Shared(before), told.Links.Length, _manifest.Manifest.Version, gapsEnd);
    }

    private ProtocolFault FindFork(VerifiedVault before)
    {
        var shared = Shared(before);
        if (shared == Math.Min(told.Links.Length, before.Links.Length)) return ProtocolFault.None;
        return shared == 0 ? ProtocolFault.ForgedBeginning : ProtocolFault.Fork;
    }

    /// <summary>Counts the links that both have; one that is told byte by byte needs no decoding.</summary>
    private int Shared(VerifiedVault before)
    {
        var common = Math.Min(told.Links.Length, before.Links.Length);
        for (var i = 0; i < common; i++)
        {
            if (told.Links[i].Span.SequenceEqual(before.Links[i].Bytes.Span)) continue;
            if (SignedChainLink.Decode(told.Links[i]).Hash != before.Links[i].Hash) return i;
        }

        return common;
    }

    private VaultVerdict Judge(
        ImmutableArray<SignedChainLink> links, ChainStep step, RememberedTrail trail, ImmutableArray<ManifestGap> gaps)
    {
        if (step is ChainStep.Refused broken) return Refused(broken.Fault);
        var chain = ((ChainStep.Ok)step).Chain;
        if (chain.Account != told.Account) return Refused(ProtocolFault.OtherAccount);
        if (!chain.Authorities.TryGetValue(own.Id, out var self) || self.SigningKey != own.SigningKey)
            return Refused(ProtocolFault.OwnKeys);
        var (keyset, keysetFault) = EpochKeyset.Join(
            chain.Current, chain.Seals, [.. told.Keysets.Select(Keyset.Decode)]);
        if (keyset is null) return Refused(keysetFault);
        if (_manifest.CheckAgainst(chain) is var manifestFault and not ProtocolFault.None)
            return Refused(manifestFault);
        var head = SignedHead.Decode(told.Head);
        return head.Head == AccountHead.Of(chain.Place, _manifest, head.Head.Time)
            ? new VaultVerdict.Ok(new VerifiedVault(
                links, chain, keyset, _manifest, head, trail, told.TrustedFrom)
            {
                Gaps = gaps,
                Claims = _claims,
                ActiveAtMinChain = told.ActiveAtMinChain,
            })
            : Refused(ProtocolFault.HeadMismatch);
    }

    private static VaultVerdict.Refused Refused(ProtocolFault fault) => new(fault);
}
