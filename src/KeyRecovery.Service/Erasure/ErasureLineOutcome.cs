namespace KeyRecovery.Service.Erasure;

/// <summary>What became of a line of a job.</summary>
/// <param name="Line">Its number in what was sent, from 1.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Receipt">The receipt of an erased one, else empty.</param>
/// <param name="IsReturned">
/// Whether the user had an account when the job was filed last that is not the one that the line names: it was made
/// later, and stays. A new job, filed after this one, erases it.
/// </param>
public sealed record ErasureLineOutcome(
    int Line, LineOutcome Outcome, ReadOnlyMemory<byte> Receipt, bool IsReturned);
