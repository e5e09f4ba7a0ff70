using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Erasure;

/// <summary>An erasure behind the point of no return that has no receipt yet.</summary>
/// <param name="KeyRow">The account's key row, a tombstone.</param>
/// <param name="Row">The erasure.</param>
/// <param name="Stored">As it was read.</param>
/// <param name="Plan">What is left to do.</param>
/// <param name="ErasedAt">When the key was destroyed, in seconds since 1970.</param>
internal sealed record OpenErasure(RowKey KeyRow, ErasureRow Row, Row Stored, ErasurePlan Plan, ulong ErasedAt);
