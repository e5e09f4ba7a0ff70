namespace KeyRecovery.Service.Stores;

/// <summary>How far a move is.</summary>
public enum MoveState
{
    /// <summary>This pair is being copied: nobody writes it, and nobody can have opened the other.</summary>
    Leaving = 1,

    /// <summary>This pair was copied and compared. The other may be served.</summary>
    Left = 2,

    /// <summary>This pair is being filled: nobody opens it.</summary>
    Filling = 3,

    /// <summary>This pair is whole, and nobody has opened it yet. Whoever does takes the mark away first.</summary>
    Ready = 4,

    /// <summary>The move to this pair was given up: nobody opens it ever.</summary>
    GivenUp = 5,
}
