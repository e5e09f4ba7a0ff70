using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Service.Log;

/// <summary>How a witness stands to the newest checkpoint.</summary>
/// <param name="Witness">Its key.</param>
/// <param name="Trouble">Why it has not cosigned it, in a few words; null where it has.</param>
/// <param name="Contradicts">Whether it knows a larger tree, or another one.</param>
public sealed record WitnessStanding(NoteKey Witness, string? Trouble, bool Contradicts)
{
    /// <summary>Whether it was not waited for, since others were enough: it may cosign the next one.</summary>
    public bool IsSlow => Trouble == Cosigning.Slow;
}
