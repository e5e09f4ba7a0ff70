namespace KeyRecovery;

/// <summary>An item of the account.</summary>
/// <param name="Name">1–64 bytes of UTF-8, unique in the account.</param>
/// <param name="Version">From 1, one more with each change.</param>
/// <param name="Length">The content's length in bytes.</param>
/// <param name="Modified">When it was written, by the writer's clock.</param>
public sealed record ItemInfo(string Name, ulong Version, long Length, DateTimeOffset Modified);
