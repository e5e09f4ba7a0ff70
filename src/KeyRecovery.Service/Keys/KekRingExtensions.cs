namespace KeyRecovery.Service.Keys;

/// <summary>Questions that a ring's standings answer.</summary>
public static class KekRingExtensions
{
    /// <summary>
    /// The state of a KEK; null for one that never was. <see cref="KekState.Destroyed"/> is told only once the
    /// destruction was proved.
    /// </summary>
    public static KekState? StateOf(this IKekRing ring, KekId id)
    {
        foreach (var standing in ring.Standings)
            if (standing.Id == id) return standing.State;
        return null;
    }

    /// <summary>
    /// Whether neither <paramref name="id"/> nor any KEK before it exists. What an erased row was ever wrapped under is
    /// gone then: an older copy of it hangs on the same KEK as the row, or on one before.
    /// </summary>
    public static bool IsGoneUpTo(this IKekRing ring, KekId id)
    {
        foreach (var standing in ring.Standings)
            if (standing.Id.Value <= id.Value && standing.State != KekState.Destroyed) return false;
        return true;
    }
}
