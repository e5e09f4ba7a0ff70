namespace KeyRecovery;

/// <summary>What becomes of an item in an undo.</summary>
public enum UndoAction
{
    /// <summary>It stays as it is now.</summary>
    Keep,

    /// <summary>It is again what it was then.</summary>
    Return,

    /// <summary>
    /// It gets the content of a later version that a trusted device wrote and a removed one replaced. A recovery by
    /// code returns it first, and the new device stores that version when it has joined.
    /// </summary>
    PutAgain,

    /// <summary>It goes: a removed one made it.</summary>
    Remove,
}
