using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Service.Operations;

/// <summary>One item that a commit changes.</summary>
/// <param name="Before">Its entry before, or null for a new item.</param>
/// <param name="After">Its entry after, or null for a deleted one.</param>
public sealed record ItemChange(ManifestItem? Before, ManifestItem? After);
