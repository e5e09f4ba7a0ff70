using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>How an epoch began.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Commit">The commitment to its key (docs/protocol.md §4).</param>
/// <param name="Previous">The epoch whose key it holds; 0 for epoch 1.</param>
/// <param name="PreviousEpochKey">That key, sealed under its own: 48 bytes, empty for epoch 1.</param>
/// <param name="Signer">Who began it.</param>
public sealed record EpochStart(
    ulong Epoch, Hash256 Commit, ulong Previous, ReadOnlyMemory<byte> PreviousEpochKey, AuthorityId Signer);
