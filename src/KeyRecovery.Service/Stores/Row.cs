namespace KeyRecovery.Service.Stores;

/// <summary>A row as it was read.</summary>
/// <param name="Key">Where it is.</param>
/// <param name="Value">Opaque: the service seals what it stores.</param>
/// <param name="Version">1 when created, one more with each replacement. It stands in what a value is sealed under, and
/// decides nothing.</param>
/// <param name="WrittenHour">When this version was written: seconds since 1970 divided by 3,600.</param>
/// <param name="Token">Which writing this is: what a Replace or Delete of this row demands.</param>
public sealed record Row(
    RowKey Key, ReadOnlyMemory<byte> Value, long Version, long WrittenHour, RowToken Token = default);
