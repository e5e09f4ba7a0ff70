namespace KeyRecovery;

/// <summary>A version of an item that can be had back.</summary>
/// <param name="Version">Its number.</param>
/// <param name="IsCurrent">Whether it is the current one.</param>
/// <param name="ReplacedAt">When a newer one took its place, by the server's clock; null for the current one.</param>
/// <param name="SealedSize">Its size on the server in bytes.</param>
public sealed record ItemVersionInfo(ulong Version, bool IsCurrent, DateTimeOffset? ReplacedAt, long SealedSize);
