namespace KeyRecovery.Protocol.Vault;

/// <summary>What only the account's own authorities know of one another (docs/protocol.md §5).</summary>
/// <param name="Id">The authority.</param>
/// <param name="Name">At most 64 bytes of UTF-8; may be empty.</param>
/// <param name="Replace">Whether the slot should be replaced: it was made on a device that was later revoked as
/// stolen.</param>
public sealed record AuthorityNote(AuthorityId Id, string Name, bool Replace = false);
