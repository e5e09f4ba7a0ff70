namespace KeyRecovery.Service.Log;

/// <summary>What a pass did.</summary>
/// <param name="Size">How many leaves the log has.</param>
/// <param name="Appended">How many of them are new.</param>
/// <param name="Undecided">How many changes may still be committed.</param>
/// <param name="Oldest">When the oldest that waited was planned, in seconds since 1970; null where none did.</param>
public sealed record SequencerReport(ulong Size, int Appended, int Undecided, ulong? Oldest);
