namespace KeyRecovery.Service.Moves;

/// <summary>What a move does, in this order.</summary>
public enum MovePhase
{
    /// <summary>Looks through the source.</summary>
    Counting,

    /// <summary>Writes each row.</summary>
    Copying,

    /// <summary>Reads each row at both ends.</summary>
    Comparing,

    /// <summary>Looks for what the source has not.</summary>
    Listing,
}
