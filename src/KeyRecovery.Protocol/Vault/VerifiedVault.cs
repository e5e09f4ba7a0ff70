using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>A vault whose every signature, hash and rule was checked (docs/protocol.md §7, "Reading a vault").</summary>
public sealed class VerifiedVault
{
    private VerifiedVault(
        ImmutableArray<SignedLink> links, Chain chain, Keyset keyset, SignedManifest manifest,
        ImmutableSortedDictionary<AuthorityId, ulong> trustedFrom)
    {
        Links = links;
        Chain = chain;
        Keyset = keyset;
        Manifest = manifest;
        TrustedFrom = trustedFrom;
    }

    /// <summary>The whole chain, link by link.</summary>
    public ImmutableArray<SignedLink> Links { get; }

    /// <summary>What the chain says.</summary>
    public Chain Chain { get; }

    /// <summary>The current keyset.</summary>
    public Keyset Keyset { get; }

    /// <summary>The current manifest.</summary>
    public SignedManifest Manifest { get; }

    /// <summary>The server's word, not signed.</summary>
    public ImmutableSortedDictionary<AuthorityId, ulong> TrustedFrom { get; }

    /// <summary>The account.</summary>
    public AccountId Account => Chain.Account;

    /// <summary>Verifies what a server told.</summary>
    /// <param name="appId">The reader's own app.</param>
    /// <param name="told">The server's answer.</param>
    /// <param name="own">The reader.</param>
    /// <param name="known">The last vault that the reader verified, or null when it starts from nothing.</param>
    public static VaultVerdict Verify(string appId, VaultBundle told, OwnIdentity own, VerifiedVault? known)
    {
        try
        {
            return new Reading(appId, told, own, known).Run();
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

    /// <summary>Opens the vault with the reader's KEM key.</summary>
    /// <returns>The open vault and no fault, or null and why.</returns>
    /// <exception cref="UpgradeRequiredException">The sealed part has a version or flag that this program does not know.</exception>
    public (OpenVault? Vault, ProtocolFault Fault) Open(AuthorityId own, KemPrivateKey kemKey)
    {
        var (key, fault) = Keyset.Open(own, kemKey, Chain.Head.Link.EpochCommit);
        if (key is null) return (null, fault);
        ManifestPrivate? opened = null;
        try
        {
            opened = ManifestPrivate.Open(key, Manifest.Manifest);
            return opened is null
                ? (null, ProtocolFault.ManifestPrivate)
                : (new OpenVault(this, new EpochKeys(Chain, key), opened), ProtocolFault.None);
        }
        finally
        {
            if (opened is null) key.Dispose();
        }
    }

    private sealed class Reading(string appId, VaultBundle told, OwnIdentity own, VerifiedVault? known)
    {
        public VaultVerdict Run()
        {
            if (known is not null && told.Account != known.Account) return Refused(ProtocolFault.OtherAccount);
            var manifest = SignedManifest.Decode(told.Manifest);
            var (links, chain, fault) = ReadLinks();
            if (chain is null) return Refused(fault);
            if (chain.Account != told.Account) return Refused(ProtocolFault.OtherAccount);
            if (CheckKnown(chain, manifest) is var rolledBack and not ProtocolFault.None) return Refused(rolledBack);
            if (!chain.Authorities.TryGetValue(own.Id, out var self) || self.SigningKey != own.SigningKey)
                return Refused(ProtocolFault.OwnKeys);
            var keyset = Keyset.Decode(told.Keyset);
            if (keyset.CheckAgainst(chain) is var keysetFault and not ProtocolFault.None) return Refused(keysetFault);
            if (manifest.CheckAgainst(chain) is var manifestFault and not ProtocolFault.None) return Refused(manifestFault);
            return new VaultVerdict.Ok(new VerifiedVault(links, chain, keyset, manifest, told.TrustedFrom));
        }

        private (ImmutableArray<SignedLink> Links, Chain? Chain, ProtocolFault Fault) ReadLinks()
        {
            var links = told.Links.Select(SignedLink.Decode).ToImmutableArray();
            if (known is null) return told.First == 0 ? Extend([], null, links) : ([], null, ProtocolFault.DroppedLink);

            if (told.First == 0)
            {
                var common = Math.Min(links.Length, known.Links.Length);
                for (var i = 0; i < common; i++)
                    if (links[i].Hash != known.Links[i].Hash)
                        return ([], null, i == 0 ? ProtocolFault.ForgedBeginning : ProtocolFault.Fork);
                if (links.Length < known.Links.Length) return ([], null, ProtocolFault.RolledBackChain);
                links = links[common..];
            }
            else if (told.First != (ulong)known.Links.Length)
            {
                return ([], null, ProtocolFault.DroppedLink);
            }
            return Extend(known.Links, known.Chain, links);
        }

        private (ImmutableArray<SignedLink>, Chain?, ProtocolFault) Extend(ImmutableArray<SignedLink> before, Chain? chain, ImmutableArray<SignedLink> links)
        {
            foreach (var link in links)
            {
                switch (chain is null ? Chain.Start(appId, link) : chain.Append(link))
                {
                    case ChainStep.Ok ok:
                        chain = ok.Chain;
                        break;
                    case ChainStep.Refused { Fault: ProtocolFault.BrokenChain } when chain == known?.Chain:
                        return ([], null, ProtocolFault.Fork);
                    case ChainStep.Refused refused:
                        return ([], null, refused.Fault);
                }
            }
            return (before.AddRange(links), chain, chain is null ? ProtocolFault.DroppedLink : ProtocolFault.None);
        }

        private ProtocolFault CheckKnown(Chain chain, SignedManifest manifest)
        {
            if (known is null) return ProtocolFault.None;
            var (newer, older) = (manifest.Manifest, known.Manifest.Manifest);
            if (chain == known.Chain && newer.ChainHead.Sequence < older.ChainHead.Sequence) return ProtocolFault.RolledBackChain;
            if (newer.Version < older.Version) return ProtocolFault.RolledBackManifest;
            var continues = newer.Version == older.Version ? manifest.Hash == known.Manifest.Hash
                : newer.Version > older.Version + 1 || newer.Previous == known.Manifest.Hash;
            return continues ? ProtocolFault.None : ProtocolFault.ForkedManifest;
        }

        private static VaultVerdict.Refused Refused(ProtocolFault fault) => new(fault);
    }
}
