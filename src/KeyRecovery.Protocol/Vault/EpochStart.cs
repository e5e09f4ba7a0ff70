using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>How an epoch began.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Commit">The commitment to its key (docs/protocol.md §4).</param>
/// <param name="PreviousEpochKey">The key before, sealed under it: 72 bytes, empty for epoch 1.</param>
public sealed record EpochStart(ulong Epoch, Hash256 Commit, ReadOnlyMemory<byte> PreviousEpochKey);
