namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// Checks the label of the log's leaf that a manifest appends (docs/protocol.md §5), where the reader has the label key
/// of the manifest that it returns to, or follows: it opened that one, or one of the same epoch, which keeps its key.
/// </summary>
internal static class LeafLabels
{
    /// <summary>Whether a manifest's label, and the label key in its sealed part, are those that are due.</summary>
    /// <param name="vault">What was verified.</param>
    /// <param name="opened">The sealed part of its manifest.</param>
    /// <param name="known">What the reader opened before, if anything.</param>
    public static bool AreDue(VerifiedVault vault, ManifestPrivate opened, OpenVault? known)
    {
        var manifest = vault.Manifest.Manifest;
        if (known is null || BaseOf(manifest) != known.Vault.Manifest.Place)
            return !HasKeyOfBase(vault, known) || manifest.HasLeafLabelOf(opened.LabelKey);
        var key = known.Private.LabelKey;
        var staysInEpoch = manifest.Epoch == known.Vault.Manifest.Manifest.Epoch;
        return manifest.HasLeafLabelOf(key) && (!staysInEpoch || opened.LabelKey.Span.SequenceEqual(key.Span));
    }

    private static ManifestPlace BaseOf(Manifest manifest) =>
        manifest.Base ?? new ManifestPlace(manifest.Version - 1, manifest.Previous);

    // Its own label key is that of the base as well: version 1 has no other, and an epoch keeps its own.
    private static bool HasKeyOfBase(VerifiedVault vault, OpenVault? known)
    {
        var manifest = vault.Manifest.Manifest;
        if (manifest.Version == 1) return true;
        if (manifest.Base is not null) return false;
        // Each link came with a manifest, but for those that only a repair brought.
        if (vault.Chain.Current.Keysets.Length > 1 && vault.Claims.IsEmpty) return true;
        return known is not null && known.Vault.Manifest.Manifest.Epoch == manifest.Epoch
            && vault.Hashes.Contains(known.Vault.Manifest.Hash);
    }
}
