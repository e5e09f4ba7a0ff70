using System.Collections.Immutable;

namespace KeyRecovery;

/// <summary>What an undo would do, to be shown to a person before it is done.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="Remove">Whom it removes.</param>
/// <param name="Items">What becomes of each item, by name; those that stay as they are among them.</param>
public sealed record UndoPlan(
    UndoRequest Request, ImmutableArray<AuthorityId> Remove, ImmutableArray<UndoItem> Items);
