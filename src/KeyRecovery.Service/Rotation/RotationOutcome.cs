using System.Collections.Immutable;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rotation;

/// <summary>
/// How a rotation ended. All but <see cref="Done"/> leave it pending, with every key that a row needs.
/// </summary>
public abstract record RotationOutcome
{
    private RotationOutcome(int rewrapped) => Rewrapped = rewrapped;

    /// <summary>Rows that were moved to the current KEK.</summary>
    public int Rewrapped { get; }

    /// <summary>Nothing is left to do.</summary>
    /// <param name="Destroyed">The KEKs that are gone, proved.</param>
    /// <param name="Rewrapped">Rows moved.</param>
    /// <param name="Lost">Rows found whose KEK was destroyed before: they were lost then, and stop nothing now.</param>
    public sealed record Done(ImmutableArray<KekId> Destroyed, int Rewrapped, int Lost) : RotationOutcome(Rewrapped);

    /// <summary>Rows do not unwrap: the KEKs that they may need are kept until an operator has looked.</summary>
    /// <param name="Unreadable">How many.</param>
    /// <param name="Rewrapped">Rows moved.</param>
    public sealed record Blocked(int Unreadable, int Rewrapped) : RotationOutcome(Rewrapped);

    /// <summary>The ring could not be changed, or the change not be proved.</summary>
    /// <param name="Refusal">Why.</param>
    /// <param name="Rewrapped">Rows moved.</param>
    public sealed record Refused(RingResult.Refused Refusal, int Rewrapped) : RotationOutcome(Rewrapped);

    /// <summary>The key store did not answer.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Rewrapped">Rows moved.</param>
    public sealed record Unavailable(StoreFault Reason, int Rewrapped) : RotationOutcome(Rewrapped);
}
