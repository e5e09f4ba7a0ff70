using KeyRecovery.Service.Keys;

namespace KeyRecovery.Service.Rotation;

/// <summary>A KEK and how many rows of the key store hang on it.</summary>
/// <param name="Standing">Which, and its state.</param>
/// <param name="Rows">Subject keys and shares wrapped under it.</param>
public readonly record struct KekUse(KekStanding Standing, int Rows);
