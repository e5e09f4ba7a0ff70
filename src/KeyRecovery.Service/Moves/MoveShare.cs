using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Moves;

/// <summary>A table's share of a move.</summary>
/// <param name="Table">The table.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="Bytes">Bytes of their values.</param>
/// <param name="Charge">What they cost in the destination's own unit: written, and read twice.</param>
public sealed record MoveShare(Table Table, long Rows, long Bytes, double Charge);
