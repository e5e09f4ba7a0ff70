namespace KeyRecovery.Service.Backups;

/// <summary>A file of a backup set: how long it is, in bytes or lines, and what it hashes to.</summary>
/// <param name="Size">Bytes; of the tombstones, lines.</param>
/// <param name="Hash">SHA-256; zeros where there is no file.</param>
public readonly record struct FileSum(ulong Size, Hash256 Hash);
