namespace KeyRecovery.Service.Erasure;

/// <summary>What became of a line of a job.</summary>
/// <param name="Line">Its number in what was sent, from 1.</param>
/// <param name="Outcome"><c>erased</c>, <c>unknown</c> or <c>pending</c>.</param>
/// <param name="Receipt">The receipt of an erased one, else empty.</param>
public sealed record ErasureLineOutcome(int Line, string Outcome, ReadOnlyMemory<byte> Receipt);
