namespace KeyRecovery;

/// <summary>
/// A version of an item that can be had back. After an undo two may have one number: the hash tells them apart.
/// </summary>
/// <param name="Version">Its number.</param>
/// <param name="IsCurrent">Whether it is the current one.</param>
/// <param name="ReplacedAt">When a newer one took its place, by the server's clock; null for the current one.</param>
/// <param name="SealedSize">Its size on the server in bytes.</param>
/// <param name="Hash">SHA-256 of the sealed item.</param>
public sealed record ItemVersionInfo(
    ulong Version, bool IsCurrent, DateTimeOffset? ReplacedAt, long SealedSize, Hash256 Hash)
{
    /// <summary>Who wrote it, by the server's word; null where that is not told.</summary>
    public AuthorityId? Writer { get; init; }
}
