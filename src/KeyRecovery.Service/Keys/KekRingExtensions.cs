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
    /// Looks again at a ring that does not know a KEK which a row names: another instance has made it.
    /// </summary>
    /// <returns>Whether it knows it now and did not before.</returns>
    /// <exception cref="Stores.StoreUnavailableException">The ring cannot be read.</exception>
    public static async ValueTask<bool> LearnAsync(this IKekRing ring, KekId id, CancellationToken ct)
    {
        if (ring.StateOf(id) is not null) return false;
        await ring.RefreshAsync(ct).ConfigureAwait(false);
        return ring.StateOf(id) is not null;
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
