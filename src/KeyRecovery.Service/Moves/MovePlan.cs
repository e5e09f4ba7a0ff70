using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Moves;

/// <summary>What there is to be moved.</summary>
/// <param name="Tables">Each table that has rows.</param>
/// <param name="StaysBehind">Rows that say nothing once the server has stopped, and are not moved.</param>
/// <param name="TooLarge">What the destination does not take, a row each; the first hundred.</param>
public sealed record MovePlan(
    IReadOnlyList<MoveShare> Tables, long StaysBehind, IReadOnlyList<string> TooLarge)
{
    /// <summary>Rows of all tables.</summary>
    public long Rows => Tables.Sum(table => table.Rows);

    /// <summary>Bytes of their values.</summary>
    public long Bytes => Tables.Sum(table => table.Bytes);

    /// <summary>What all of it costs in the destination's own unit.</summary>
    public double Charge => Tables.Sum(table => table.Charge);
}

/// <summary>A table's share of a move.</summary>
/// <param name="Table">The table.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="Bytes">Bytes of their values.</param>
/// <param name="Charge">What they cost in the destination's own unit: written, and read twice.</param>
public sealed record MoveShare(Table Table, long Rows, long Bytes, double Charge);

/// <summary>How far a move is.</summary>
/// <param name="Phase">What is done.</param>
/// <param name="Table">Of which table; null for all.</param>
/// <param name="Rows">Rows done in this phase.</param>
/// <param name="OfRows">Of how many; null where nobody knows yet.</param>
/// <param name="Bytes">Bytes done in this phase.</param>
/// <param name="OfBytes">Of how many.</param>
public readonly record struct MoveProgress(
    MovePhase Phase, Table? Table, long Rows, long? OfRows, long Bytes, long? OfBytes);

/// <summary>What a move does, in this order.</summary>
public enum MovePhase
{
    /// <summary>Looks through the source.</summary>
    Counting,

    /// <summary>Writes each row.</summary>
    Copying,

    /// <summary>Reads each row at both ends.</summary>
    Comparing,

    /// <summary>Looks for what the source has not.</summary>
    Listing,
}
