namespace KeyRecovery.Protocol.Linking;

/// <summary>How a session ended, before it takes the type of the step that it ended.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Farewell">The message for the other side; empty for none.</param>
internal readonly record struct LinkEnd(LinkFailure Reason, byte[] Farewell);
