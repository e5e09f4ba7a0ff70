using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>Which manifest of an account: two of one version are two.</summary>
/// <param name="Version">From 1.</param>
/// <param name="Hash">SHA-256 of its body.</param>
public readonly record struct ManifestPlace(ulong Version, Hash256 Hash);
