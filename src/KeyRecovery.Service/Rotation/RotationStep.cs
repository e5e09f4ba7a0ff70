using System.Collections.Immutable;
using KeyRecovery.Service.Keys;

namespace KeyRecovery.Service.Rotation;

/// <summary>What a rotation does next. Decided from the ring alone, so that a crash forgets nothing.</summary>
internal abstract record RotationStep
{
    private RotationStep() { }

    /// <summary>Nothing: one KEK is current, the others are gone.</summary>
    public sealed record None : RotationStep;

    /// <summary>Draw a KEK.</summary>
    public sealed record AddNext : RotationStep;

    /// <summary>Make the next KEK the current one.</summary>
    public sealed record Promote : RotationStep;

    /// <summary>Move all rows away from these, and destroy them.</summary>
    public sealed record Retire(ImmutableArray<KekId> Keks) : RotationStep;

    /// <summary>Decides. What is under way is finished before anything is begun.</summary>
    /// <param name="ring">The ring's standings.</param>
    /// <param name="begin">Whether the KEK that is current shall go.</param>
    public static RotationStep Of(ImmutableArray<KekStanding> ring, bool begin)
    {
        var retiring = ring.Where(kek => kek.State == KekState.Retiring).Select(kek => kek.Id).ToImmutableArray();
        if (retiring.Length > 0) return new Retire(retiring);
        if (ring.Any(kek => kek.State == KekState.Next)) return new Promote();
        return begin ? new AddNext() : new None();
    }
}
