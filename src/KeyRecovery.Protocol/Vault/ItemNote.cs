namespace KeyRecovery.Protocol.Vault;

/// <summary>What only the account's own authorities know of an item (docs/protocol.md §5).</summary>
/// <param name="Id">The item.</param>
/// <param name="Name">1–64 bytes of UTF-8, unique in the account.</param>
/// <param name="Length">The content's length in bytes.</param>
/// <param name="Modified">When it was written, by the writer's clock, in seconds since 1970.</param>
public sealed record ItemNote(ItemId Id, string Name, long Length, ulong Modified);
