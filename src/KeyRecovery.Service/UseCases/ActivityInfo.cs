using System.Collections.Immutable;

namespace KeyRecovery.Service.UseCases;

/// <summary>One entry of an account's activity.</summary>
/// <param name="Number">Its number, from 0.</param>
/// <param name="Detail">The detail, as its leaf commits to it.</param>
/// <param name="Salt">What the detail is salted with there.</param>
/// <param name="Index">Where in the log the leaf stands; null while it waits.</param>
/// <param name="Proof">That it is in the checkpoint's tree; null where it is not published yet.</param>
public sealed record ActivityInfo(
    ulong Number, ReadOnlyMemory<byte> Detail, Hash256 Salt, ulong? Index, ImmutableArray<Hash256>? Proof = null);
