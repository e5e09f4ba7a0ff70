namespace KeyRecovery.Service.UseCases;

/// <summary>What came of a line of moves, or would.</summary>
public enum MoveLineResult
{
    /// <summary>The account is the new user's now.</summary>
    Moved,

    /// <summary>The new user has an account, and the old one has none: nothing was left to do.</summary>
    Same,

    /// <summary>Neither user has an account.</summary>
    Unknown,

    /// <summary>Both users have an account: both stay.</summary>
    Taken,

    /// <summary>The account is erased, or is being so.</summary>
    Erased,

    /// <summary>The account's data are lost, or whose it was: its device has first to repair it.</summary>
    Lost,

    /// <summary>The new user has as many passphrase slots at this realm as one may.</summary>
    Full,

    /// <summary>Not now: a store does not answer, or is full. The same again tries again.</summary>
    Failed,
}
