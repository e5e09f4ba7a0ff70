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
