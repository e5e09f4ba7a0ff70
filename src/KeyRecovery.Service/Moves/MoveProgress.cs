using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Moves;

/// <summary>How far a move is.</summary>
/// <param name="Phase">What is done.</param>
/// <param name="Table">Of which table; null for all.</param>
/// <param name="Rows">Rows done in this phase.</param>
/// <param name="OfRows">Of how many; null where nobody knows yet.</param>
/// <param name="Bytes">Bytes done in this phase.</param>
/// <param name="OfBytes">Of how many.</param>
public readonly record struct MoveProgress(
    MovePhase Phase, Table? Table, long Rows, long? OfRows, long Bytes, long? OfBytes);
