using KeyRecovery.Protocol.Vault;

namespace KeyRecovery;

/// <summary>
/// Which rule of docs/protocol.md was broken. One closed list for both sides: a server answers <c>refused</c> with its
/// word (<see cref="RuleWords"/>), a client tells by it how the server lied.
/// </summary>
public enum ProtocolFault
{
    /// <summary>No rule was broken.</summary>
    None = 0,

    /// <summary>The bytes are not the format.</summary>
    Malformed,

    /// <summary>A structure of a version that this program does not know.</summary>
    UpgradeRequired,

    /// <summary>
    /// A link, keyset or manifest of a later version, or with a kind of one, than all who are active read: nobody may
    /// write it.
    /// </summary>
    AboveFormat,

    /// <summary>The structure belongs to another account.</summary>
    OtherAccount,

    /// <summary>Link 0 does not hash to the account id under this app's id: another app's, or forged.</summary>
    OtherBeginning,

    /// <summary>Link 0 is not the one that was verified before.</summary>
    ForgedBeginning,

    /// <summary>A link is missing: the sequence has a gap.</summary>
    DroppedLink,

    /// <summary>A link does not continue the link before it.</summary>
    BrokenChain,

    /// <summary>A link's signer is not active at its place.</summary>
    UnknownSigner,

    /// <summary>A link's signature does not verify.</summary>
    LinkSignature,

    /// <summary>An added authority has not signed the link that adds it.</summary>
    Possession,

    /// <summary>An id or key comes a second time.</summary>
    Reused,

    /// <summary>More authorities than allowed.</summary>
    TooManyAuthorities,

    /// <summary>The removed authority is not active.</summary>
    UnknownRemoval,

    /// <summary>The signer removes itself.</summary>
    RemovesSigner,

    /// <summary>The epoch, its commitment or the previous key are not what the link's purpose asks for.</summary>
    EpochRule,

    /// <summary>The link does nothing.</summary>
    NoPurpose,

    /// <summary>The chain is shorter than the one that was verified before.</summary>
    RolledBackChain,

    /// <summary>The chain differs from the one that was verified before.</summary>
    Fork,

    /// <summary>Own keys are not the ones in the chain, or not in it at all.</summary>
    OwnKeys,

    /// <summary>The keyset is not the one that the chain names.</summary>
    KeysetHash,

    /// <summary>The keyset is of another epoch.</summary>
    KeysetEpoch,

    /// <summary>The keyset's entries are not the active authorities.</summary>
    KeysetMembers,

    /// <summary>A KEM key in the keyset is not the one in the chain.</summary>
    SubstitutedKemKey,

    /// <summary>The own seal does not open.</summary>
    OwnSeal,

    /// <summary>The opened epoch key is not the one that the chain commits to.</summary>
    EpochCommit,

    /// <summary>
    /// The key of an earlier epoch, sealed under this one, does not open to what the chain commits to.
    /// </summary>
    UnsoundEpoch,

    /// <summary>The manifest's signer is not active, or its signature does not verify.</summary>
    ManifestSignature,

    /// <summary>The manifest does not stand on the chain's head.</summary>
    ManifestHeads,

    /// <summary>The manifest is older than the one that was verified before.</summary>
    RolledBackManifest,

    /// <summary>The manifest is not a continuation of the one that was verified before.</summary>
    ForkedManifest,

    /// <summary>The manifest returns to another one than it says, or to one that it may not return to.</summary>
    ManifestBase,

    /// <summary>The manifest's items do not follow from those before.</summary>
    ManifestItems,

    /// <summary>The manifest's sealed part does not open or does not fit its items.</summary>
    ManifestPrivate,

    /// <summary>The item's bytes are not those that the manifest names: swapped, truncated or changed.</summary>
    ItemHash,

    /// <summary>The item's header is not the one that the manifest names.</summary>
    ItemHeader,

    /// <summary>The item does not open under its epoch's key.</summary>
    ItemSeal,

    /// <summary>The name in the item is not the one that the manifest's sealed part tells.</summary>
    ItemName,

    /// <summary>The head is not the one of what it came with.</summary>
    HeadMismatch,

    /// <summary>The head's signature does not verify under any key of the home server.</summary>
    HeadSignature,

    /// <summary>A repair of an account that lacks nothing.</summary>
    NotBehind,

    /// <summary>
    /// A passphrase slot's parameters break a rule (docs/protocol.md §14.2), or are not those of the chain.
    /// </summary>
    SlotParameters,

    /// <summary>No checkpoint of the log that is known, as its key and the app's policy ask.</summary>
    LogCheckpoint,

    /// <summary>
    /// The log is smaller than the one that was verified before, or than the one that a witness knows.
    /// </summary>
    RolledBackLog,

    /// <summary>
    /// The log does not go on from the one that was verified before, or is another one than a witness knows.
    /// </summary>
    ForkedLog,

    /// <summary>A change of the account is not where in the log it is said to be.</summary>
    LogProof,

    /// <summary>A change of the account is not in the log, and a minute has passed.</summary>
    LogMissing,

    /// <summary>The account's activity leaves something out.</summary>
    DroppedEntry,

    /// <summary>An entry of the account's activity does not fit its chain and manifests.</summary>
    ActivityEntry,
}
