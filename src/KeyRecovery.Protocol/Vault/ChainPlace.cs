using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>A link's place in its chain: what pins everything before it.</summary>
/// <param name="Sequence">From 0.</param>
/// <param name="Hash">SHA-256 of the link's body.</param>
public readonly record struct ChainPlace(ulong Sequence, Hash256 Hash);
