using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Service.Operations;

/// <summary>One item that a commit changes.</summary>
/// <param name="Before">Its entry before, or null for a new item.</param>
/// <param name="After">Its entry after, or null for a deleted one.</param>
/// <param name="UndoneTo">In an undo, its entry in the base, or null.</param>
public sealed record ItemChange(ManifestItem? Before, ManifestItem? After, ManifestItem? UndoneTo = null)
{
    /// <summary>Whether it becomes what the base has: an earlier version, which is there already.</summary>
    public bool IsReturn => After is not null && After == UndoneTo;
}
