namespace KeyRecovery.Protocol.Audit.Log;

/// <summary>A log or a witness of a policy.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Url">Where it is reached; null where that is not said.</param>
public sealed record LogPolicyEntry(NoteKey Key, string? Url);
