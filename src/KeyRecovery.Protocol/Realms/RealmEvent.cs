namespace KeyRecovery;

/// <summary>Something that a realm did with a slot, for the owner to read.</summary>
/// <param name="At">When, in seconds since 1970 by the realm's clock.</param>
/// <param name="Kind">What.</param>
public sealed record RealmEvent(ulong At, RealmEventKind Kind);
