namespace KeyRecovery.Service.Keys;

/// <summary>Which key of the ring: 1 for the first, one more for each that follows. Never used again.</summary>
/// <param name="Value">1 or more.</param>
public readonly record struct KekId(uint Value);
