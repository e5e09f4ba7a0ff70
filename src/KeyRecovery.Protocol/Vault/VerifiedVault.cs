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
        SignedHead head, ImmutableArray<Hash256> hashes,
        ImmutableSortedDictionary<AuthorityId, ulong> trustedFrom)
    {
        Links = links;
        Chain = chain;
        Keyset = keyset;
        Manifest = manifest;
        Head = head;
        Hashes = hashes;
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
    public ImmutableArray<Hash256> Hashes { get; }

    /// <summary>The server's word, not signed.</summary>
    public ImmutableSortedDictionary<AuthorityId, ulong> TrustedFrom { get; }

    /// <summary>The account.</summary>
    public AccountId Account => Chain.Account;

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
    public static VaultVerdict Reopen(string appId, VaultBundle kept, OwnIdentity own) =>
        Judge(() => new VaultReading(appId, kept, own, null, isKept: true).RunKept());

    /// <summary>The whole vault, to be kept sealed and read again with <see cref="Reopen"/>.</summary>
    public VaultBundle ToBundle() =>
        new(Account, 0, [.. Links.Select(l => l.Bytes)], [.. Keyset.Parts.Select(p => p.Bytes)], Manifest.Bytes,
            Head.Bytes, Hashes, TrustedFrom);

    /// <summary>Opens the vault with the reader's KEM key.</summary>
    /// <returns>The open vault and no fault, or null and why.</returns>
    /// <exception cref="UpgradeRequiredException">The sealed part has a version or flag that this program does not
    /// know.</exception>
    public (OpenVault? Vault, ProtocolFault Fault) Open(AuthorityId own, KemPrivateKey kemKey)
    {
        var (key, fault) = Keyset.Open(own, kemKey, Chain.Head.Link.EpochCommit);
        if (key is null) return (null, fault);
        var keys = new EpochKeys(Chain, key);
        ManifestPrivate? opened = null;
        try
        {
            // Before anything older is let go: what this epoch does not lead to would be lost.
            if (keys.FindUnsound() is not null) return (null, ProtocolFault.UnsoundEpoch);
            opened = ManifestPrivate.Open(key, Manifest.Manifest);
            return opened is null
                ? (null, ProtocolFault.ManifestPrivate)
                : (new OpenVault(this, keys, opened), ProtocolFault.None);
        }
        finally
        {
            if (opened is null) keys.Dispose();
        }
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
