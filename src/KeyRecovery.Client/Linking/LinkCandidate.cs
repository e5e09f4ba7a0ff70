namespace KeyRecovery.Client.Linking;

/// <summary>The device that wants to join: its own words, to be shown as such.</summary>
/// <param name="Name">What it calls itself, at most 64 bytes, any characters.</param>
/// <param name="Platform">What it says it is, at most 32 bytes, any characters.</param>
public sealed record LinkCandidate(string Name, string Platform);
