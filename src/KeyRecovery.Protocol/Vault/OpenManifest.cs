namespace KeyRecovery.Protocol.Vault;

/// <summary>A manifest with its sealed part.</summary>
/// <param name="Manifest">The manifest.</param>
/// <param name="Private">The sealed part; null where it does not open.</param>
public sealed record OpenManifest(SignedManifest Manifest, ManifestPrivate? Private);
