namespace KeyRecovery.Service.Backups;

/// <summary>A backup set as erasures wait for it.</summary>
/// <param name="Set">Which.</param>
/// <param name="Kek">The lowest KEK that it holds.</param>
/// <param name="ExpiresAt">When its escrow goes, in seconds since 1970.</param>
public readonly record struct ListedSet(BackupSetId Set, uint Kek, long ExpiresAt);
