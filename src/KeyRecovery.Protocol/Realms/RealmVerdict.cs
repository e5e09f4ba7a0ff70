namespace KeyRecovery.Protocol.Realms;

/// <summary>What a realm makes of a head and its links (docs/protocol.md §14.4).</summary>
public abstract record RealmVerdict
{
    private RealmVerdict() { }

    /// <summary>They break a rule; nothing is kept.</summary>
    /// <param name="Fault">Which.</param>
    public sealed record Refused(ProtocolFault Fault) : RealmVerdict;

    /// <summary>The head is not above the realm's, and both may be true; nothing is kept.</summary>
    public sealed record Old : RealmVerdict;

    /// <summary>The realm's head leads to it.</summary>
    /// <param name="View">What the realm keeps now.</param>
    public sealed record Newer(RealmView View) : RealmVerdict;

    /// <summary>The realm's head does not lead to it; the head is kept as evidence.</summary>
    /// <param name="View">What the realm keeps now.</param>
    public sealed record Fork(RealmView View) : RealmVerdict;

    /// <summary>
    /// The realm's head does not lead to it, a claim explains that, and somebody vouches whom the realm knows.
    /// </summary>
    /// <param name="View">What the realm keeps now.</param>
    public sealed record Restored(RealmView View) : RealmVerdict;

    /// <summary>
    /// The realm's head does not lead to it, a claim explains that, nobody whom the realm knows is left to vouch, and
    /// the line has been told as evidence for 30 days, to which nobody objected.
    /// </summary>
    /// <param name="View">What the realm keeps now.</param>
    public sealed record Left(RealmView View) : RealmVerdict;
}
