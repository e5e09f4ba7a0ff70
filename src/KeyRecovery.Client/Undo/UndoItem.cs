namespace KeyRecovery;

/// <summary>What an undo makes of one item.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Action">What becomes of it.</param>
/// <param name="Now">Its version now; null where it was deleted.</param>
/// <param name="Then">The version that is brought back; null where none is.</param>
public sealed record UndoItem(string Name, UndoAction Action, ulong? Now, ulong? Then);
