using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit.Log;

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

/// <summary>How a witness stands to the newest checkpoint.</summary>
/// <param name="Witness">Its key.</param>
/// <param name="Trouble">Why it has not cosigned it, in a few words; null where it has.</param>
/// <param name="Contradicts">Whether it knows a larger tree, or another one.</param>
public sealed record WitnessStanding(NoteKey Witness, string? Trouble, bool Contradicts);
