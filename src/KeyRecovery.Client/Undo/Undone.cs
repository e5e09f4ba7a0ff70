using System.Collections.Immutable;

namespace KeyRecovery;

/// <summary>What an undo did.</summary>
/// <param name="Removed">Who is no longer in the account.</param>
/// <param name="Epoch">The epoch that it began.</param>
/// <param name="Items">What became of each item.</param>
/// <param name="NotPutAgain">
/// Items whose later version could not be stored again, and why: they are what they were at the point, and the version
/// stays in the item's history. Empty when all is well.
/// </param>
public sealed record Undone(
    ImmutableArray<AuthorityId> Removed, ulong Epoch, ImmutableArray<UndoItem> Items,
    ImmutableArray<(string Name, ClientFailure Why)> NotPutAgain);
