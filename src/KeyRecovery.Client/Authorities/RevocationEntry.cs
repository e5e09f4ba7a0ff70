namespace KeyRecovery;

/// <summary>A device or slot that a revocation removes, or leaves, and why.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">Device, code or another slot.</param>
/// <param name="Name">Its name; empty where this device knows none.</param>
/// <param name="AddedBy">Who added it: itself for the account's first device.</param>
/// <param name="Reason">Why.</param>
public sealed record RevocationEntry(
    AuthorityId Id, AuthorityKind Kind, string Name, AuthorityId AddedBy, RevocationReason Reason);
