namespace KeyRecovery;

/// <summary>What a witness says of the log.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Size">How many leaves the log had when it cosigned last; null where it could not be asked.</param>
/// <param name="Reason">Why it could not; null where it could.</param>
public sealed record WitnessReport(string Name, ulong? Size, string? Reason);
