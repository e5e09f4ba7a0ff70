namespace KeyRecovery.Protocol.Realms;

/// <summary>A time by a realm's two clocks, in seconds since 1970 (docs/protocol.md §9.6).</summary>
/// <param name="Earliest">The earlier of both: whoever must have waited has waited when it says so.</param>
/// <param name="Latest">The later of both: what is written down, and a wait counts from.</param>
public readonly record struct RealmMoment(ulong Earliest, ulong Latest)
{
    /// <summary>Whether the realm has known somebody for 72 hours.</summary>
    public bool Knows(RealmAuthority authority) => Earliest >= authority.KnownSince + RealmLimits.KnownSeconds;
}
