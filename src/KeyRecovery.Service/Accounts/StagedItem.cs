namespace KeyRecovery.Service.Accounts;

/// <summary>An item that was stored ahead of the commit that names it.</summary>
/// <param name="Hash">SHA-256 of the sealed item.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="At">When it was stored, in seconds since 1970.</param>
public readonly record struct StagedItem(Hash256 Hash, long Size, ulong At);
