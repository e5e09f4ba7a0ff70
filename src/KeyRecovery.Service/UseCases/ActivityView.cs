using System.Collections.Immutable;

namespace KeyRecovery.Service.UseCases;

/// <summary>What was done to an account, and what proves it.</summary>
/// <param name="Checkpoint">The published checkpoint, a signed note; null where no log is kept.</param>
/// <param name="Consistency">That it goes on from the tree that the asker knows; empty where it need not, or does not.
/// </param>
/// <param name="Entries">The newest first.</param>
public sealed record ActivityView(
    ReadOnlyMemory<byte>? Checkpoint, ImmutableArray<Hash256> Consistency, ImmutableArray<ActivityInfo> Entries);
