namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// The names that keep one purpose's hashes, keys and signatures apart from another's. A label never changes its
/// meaning: a new meaning takes a new label.
/// </summary>
public static class Labels
{
    private const string Prefix = "keyrecovery/v1/";

    /// <summary>For the hash that names an account.</summary>
    public const string Account = Prefix + "account";

    /// <summary>For a link of the sigchain: its body and its signer's signature.</summary>
    public const string Link = Prefix + "link";

    /// <summary>For an added key's signature over the link that adds it.</summary>
    public const string LinkPossession = Prefix + "link-possession";

    /// <summary>For the public commitment to an epoch key.</summary>
    public const string EpochCommit = Prefix + "epoch-commit";

    /// <summary>For sealing an epoch key under the next one.</summary>
    public const string PreviousEpochKey = Prefix + "previous-epoch-key";

    /// <summary>For the keyset of an epoch.</summary>
    public const string Keyset = Prefix + "keyset";

    /// <summary>For HPKE info of an epoch key sealed to an authority.</summary>
    public const string EpochSeal = Prefix + "epoch-seal";

    /// <summary>For the randomness of that sealing, derived from the epoch key so that others can check it.</summary>
    public const string EpochSealRandomness = Prefix + "epoch-seal-randomness";

    /// <summary>For the manifest: its body and its signer's signature.</summary>
    public const string Manifest = Prefix + "manifest";

    /// <summary>For what a manifest commits to of those before it.</summary>
    public const string Trail = Prefix + "trail";

    /// <summary>For an account's head: its body and the home server's signature.</summary>
    public const string Head = Prefix + "head";

    /// <summary>For the claim that an account was restored: its body and the home server's signature.</summary>
    public const string Restored = Prefix + "restored";

    /// <summary>For the sealed part of the manifest, as associated data.</summary>
    public const string ManifestPrivate = Prefix + "manifest-private";

    /// <summary>For the key of that part.</summary>
    public const string ManifestPrivateKey = Prefix + "manifest-private-key";

    /// <summary>For an item's key.</summary>
    public const string ItemKey = Prefix + "item-key";

    /// <summary>For an account's pseudonym in the audit log for one version.</summary>
    public const string LeafLabel = Prefix + "leaf-label";

    /// <summary>For a commit, as a client sends it.</summary>
    public const string Commit = Prefix + "commit";

    /// <summary>For what a client asks of many items at once.</summary>
    public const string ItemBatchRequest = Prefix + "item-batch-request";

    /// <summary>For many items, as the server answers them.</summary>
    public const string ItemBatch = Prefix + "item-batch";

    /// <summary>For a vault, as the server answers it.</summary>
    public const string Vault = Prefix + "vault";

    /// <summary>For a restore point, as the server answers it.</summary>
    public const string RestorePoint = Prefix + "restore-point";

    /// <summary>For a repair, as a client sends it.</summary>
    public const string Repair = Prefix + "repair";

    /// <summary>For the code's slot id.</summary>
    public const string CodeSlotId = Prefix + "code-slot-id";

    /// <summary>For the code's Ed25519 seed.</summary>
    public const string CodeSlotSigning = Prefix + "code-slot-signing";

    /// <summary>For the code's X-Wing seed.</summary>
    public const string CodeSlotKem = Prefix + "code-slot-kem";

    /// <summary>For the id of a linking session, from the code's seed.</summary>
    public const string LinkSessionId = Prefix + "link-session-id";

    /// <summary>For the token by which the new device claims the session.</summary>
    public const string LinkJoinToken = Prefix + "link-join-token";

    /// <summary>For the handshake's pre-shared key.</summary>
    public const string LinkPsk = Prefix + "link-psk";

    /// <summary>For the envelope that a typed code opens.</summary>
    public const string LinkEnvelope = Prefix + "link-envelope";

    /// <summary>For the handshake's prologue.</summary>
    public const string LinkPrologue = Prefix + "link-prologue";

    /// <summary>For the new device's commitment to what its digits are made of.</summary>
    public const string LinkCommitment = Prefix + "link-commitment";

    /// <summary>For the six digits.</summary>
    public const string LinkDigits = Prefix + "link-digits";

    /// <summary>For HPKE info of the app's bundle sealed to the new device.</summary>
    public const string LinkBundle = Prefix + "link-bundle";

    /// <summary>For the salt of a passphrase slot.</summary>
    public const string PassphraseSalt = Prefix + "passphrase-salt";

    /// <summary>For a passphrase slot's public parameters.</summary>
    public const string PassphraseSlot = Prefix + "passphrase-slot";

    /// <summary>For the passphrase slot's Ed25519 seed.</summary>
    public const string PassphraseSlotSigning = Prefix + "passphrase-slot-signing";

    /// <summary>For the passphrase slot's X-Wing seed.</summary>
    public const string PassphraseSlotKem = Prefix + "passphrase-slot-kem";

    /// <summary>For the key of a device's files under a passphrase.</summary>
    public const string DeviceKey = Prefix + "device-key";

    /// <summary>For a realm's fingerprint.</summary>
    public const string Realm = Prefix + "realm";

    /// <summary>For a request to register a slot at a realm, and HPKE info of what is sealed in it.</summary>
    public const string RealmRegister = Prefix + "realm-register";

    /// <summary>For what is sealed in that request.</summary>
    public const string RealmRegistration = Prefix + "realm-registration";

    /// <summary>For a request to evaluate.</summary>
    public const string RealmEvaluate = Prefix + "realm-evaluate";

    /// <summary>For a reset of a guess counter: its body and the slot's signature.</summary>
    public const string RealmReset = Prefix + "realm-reset";

    /// <summary>For a realm's following a fork: its body and an authority's signature.</summary>
    public const string RealmFork = Prefix + "realm-fork";

    /// <summary>For a request to follow a head.</summary>
    public const string RealmFollow = Prefix + "realm-follow";

    /// <summary>For a command to a realm: its body and an authority's signature.</summary>
    public const string RealmCommand = Prefix + "realm-command";

    /// <summary>For a request that brings a receipt of erasure to a realm.</summary>
    public const string RealmReceipt = Prefix + "realm-receipt";

    /// <summary>For a realm's answer about an account: its body and the realm's signature.</summary>
    public const string RealmHead = Prefix + "realm-head";

    /// <summary>For a realm's answer: its body and the realm's signature.</summary>
    public const string RealmStatus = Prefix + "realm-status";

    /// <summary>
    /// For the receipt of an erasure: its body and the server's signature; and for the derivation of the key that
    /// signs.
    /// </summary>
    public const string ErasureReceipt = Prefix + "erasure-receipt";

    /// <summary>For an account's pseudonym in the receipt of its erasure.</summary>
    public const string ErasureSubject = Prefix + "erasure-subject";

    /// <summary>For what a backup set is: its body and the server's signature.</summary>
    public const string BackupSet = Prefix + "backup-set";

    /// <summary>For the key that seals the key store in a backup set.</summary>
    public const string BackupKeys = Prefix + "backup-keys";

    /// <summary>For the KEKs of a backup set, sealed to the operator's offline key.</summary>
    public const string BackupEscrow = Prefix + "backup-escrow";

    /// <summary>For a leaf of the log.</summary>
    public const string AuditLeaf = Prefix + "audit-leaf";

    /// <summary>For what a leaf of the log commits to.</summary>
    public const string AuditDetail = Prefix + "audit-detail";

    /// <summary>For the seeds of an account's own keys, as they lie in its item.</summary>
    public const string IdentitySeeds = Prefix + "identity-seeds";

    /// <summary>For the statement of an account's own public keys: its body and the identity key's signature.</summary>
    public const string Identity = Prefix + "identity";

    /// <summary>For what one account seals to another.</summary>
    public const string SealedMessage = Prefix + "sealed-message";

    /// <summary>For HPKE info of such a message: from whom, to whom, what for.</summary>
    public const string SealedContext = Prefix + "sealed-context";

    /// <summary>For the sender's signature inside such a message.</summary>
    public const string SealedContent = Prefix + "sealed-content";

    /// <summary>For a content key as it is granted to readers: its body and the owner's signature.</summary>
    public const string ContentKey = Prefix + "content-key";

    /// <summary>For HPKE info of a content key sealed to a reader.</summary>
    public const string ContentKeySeal = Prefix + "content-key-seal";

    /// <summary>For the public commitment to a content key.</summary>
    public const string ContentKeyCommit = Prefix + "content-key-commit";

    /// <summary>The <c>tag</c> parameter of request signatures (RFC 9421 §2.3).</summary>
    public const string HttpTag = "keyrecovery/v1";
}
