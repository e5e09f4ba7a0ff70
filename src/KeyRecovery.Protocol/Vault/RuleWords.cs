using System.Collections.Frozen;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// The words for broken rules: <c>rule</c> of a problem (docs/protocol.md §9.4), and what programs print. Stable,
/// whatever the faults are called in this code.
/// </summary>
public static class RuleWords
{
    private static readonly FrozenDictionary<ProtocolFault, string> Words = new Dictionary<ProtocolFault, string>
    {
        [ProtocolFault.Malformed] = "malformed",
        [ProtocolFault.UpgradeRequired] = "upgrade-required",
        [ProtocolFault.AboveFormat] = "above-format",
        [ProtocolFault.OtherAccount] = "other-account",
        [ProtocolFault.OtherBeginning] = "other-beginning",
        [ProtocolFault.ForgedBeginning] = "forged-beginning",
        [ProtocolFault.DroppedLink] = "dropped-link",
        [ProtocolFault.BrokenChain] = "broken-chain",
        [ProtocolFault.UnknownSigner] = "unknown-signer",
        [ProtocolFault.LinkSignature] = "link-signature",
        [ProtocolFault.Possession] = "possession",
        [ProtocolFault.Reused] = "reused",
        [ProtocolFault.TooManyAuthorities] = "too-many-authorities",
        [ProtocolFault.UnknownRemoval] = "unknown-removal",
        [ProtocolFault.RemovesSigner] = "removes-signer",
        [ProtocolFault.EpochRule] = "epoch-rule",
        [ProtocolFault.NoPurpose] = "no-purpose",
        [ProtocolFault.RolledBackChain] = "rolled-back-chain",
        [ProtocolFault.Fork] = "fork",
        [ProtocolFault.OwnKeys] = "own-keys",
        [ProtocolFault.KeysetHash] = "keyset-hash",
        [ProtocolFault.KeysetEpoch] = "keyset-epoch",
        [ProtocolFault.KeysetMembers] = "keyset-members",
        [ProtocolFault.SubstitutedKemKey] = "substituted-kem-key",
        [ProtocolFault.OwnSeal] = "own-seal",
        [ProtocolFault.EpochCommit] = "epoch-commit",
        [ProtocolFault.UnsoundEpoch] = "unsound-epoch",
        [ProtocolFault.ManifestSignature] = "manifest-signature",
        [ProtocolFault.ManifestHeads] = "manifest-heads",
        [ProtocolFault.RolledBackManifest] = "rolled-back-manifest",
        [ProtocolFault.ForkedManifest] = "forked-manifest",
        [ProtocolFault.ManifestBase] = "manifest-base",
        [ProtocolFault.ManifestItems] = "manifest-items",
        [ProtocolFault.ManifestPrivate] = "manifest-private",
        [ProtocolFault.ItemHash] = "item-hash",
        [ProtocolFault.ItemHeader] = "item-header",
        [ProtocolFault.ItemSeal] = "item-seal",
        [ProtocolFault.ItemName] = "item-name",
        [ProtocolFault.HeadMismatch] = "head-mismatch",
        [ProtocolFault.HeadSignature] = "head-signature",
        [ProtocolFault.NotBehind] = "not-behind",
        [ProtocolFault.SlotParameters] = "slot-parameters",
        [ProtocolFault.LogCheckpoint] = "log-checkpoint",
        [ProtocolFault.RolledBackLog] = "rolled-back-log",
        [ProtocolFault.ForkedLog] = "forked-log",
        [ProtocolFault.LogProof] = "log-proof",
        [ProtocolFault.LogMissing] = "log-missing",
        [ProtocolFault.DroppedEntry] = "dropped-entry",
        [ProtocolFault.ActivityEntry] = "activity-entry",
    }.ToFrozenDictionary();

    /// <summary>The word for a fault.</summary>
    /// <param name="fault">Any but <see cref="ProtocolFault.None"/>, which has no word.</param>
    /// <exception cref="KeyNotFoundException">There was no fault.</exception>
    public static string Of(ProtocolFault fault) => Words[fault];
}
