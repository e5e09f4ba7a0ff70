namespace KeyRecovery.Service.Log;

/// <summary>The witnesses that a log asks.</summary>
/// <param name="Policy">Who they are, and how many of them a published checkpoint must have.</param>
/// <param name="Asked">The way to them.</param>
public sealed record LogWitnesses(LogPolicy Policy, IWitnesses Asked);
