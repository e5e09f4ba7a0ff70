namespace KeyRecovery.Protocol.Linking;

/// <summary>The end on the existing device: the new one has everything.</summary>
/// <param name="Device">The new device.</param>
public sealed record ExistingLinked(AuthorityId Device);
