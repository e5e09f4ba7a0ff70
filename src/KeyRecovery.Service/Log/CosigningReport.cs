using System.Collections.Immutable;

namespace KeyRecovery.Service.Log;

/// <summary>How far the witnesses follow the log.</summary>
/// <param name="Size">The size of the newest checkpoint that was signed.</param>
/// <param name="Published">The size of the published one; 0 where none is.</param>
/// <param name="Witnesses">What came of each witness that was asked.</param>
public sealed record CosigningReport(ulong Size, ulong Published, ImmutableArray<WitnessStanding> Witnesses)
{
    /// <summary>Whether all have cosigned the newest checkpoint.</summary>
    public bool IsComplete => Witnesses.All(witness => witness.Trouble is null);
}
