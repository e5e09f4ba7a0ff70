namespace KeyRecovery.Service.Backups;

/// <summary>A key store that was written into a set.</summary>
/// <param name="Kek">The lowest KEK that rows of it hang on.</param>
/// <param name="Rows">How many rows it has.</param>
/// <param name="EscrowKey">SHA-256 of the offline key.</param>
/// <param name="Escrow">The KEKs, sealed to it: to be kept apart from the set.</param>
public sealed record KeyBackup(uint Kek, ulong Rows, Hash256 EscrowKey, ReadOnlyMemory<byte> Escrow);
