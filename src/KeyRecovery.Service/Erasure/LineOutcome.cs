namespace KeyRecovery.Service.Erasure;

/// <summary>What becomes of a line of a job.</summary>
public enum LineOutcome
{
    /// <summary>The job's newest filing has not looked at it, or there is no receipt yet.</summary>
    Pending,

    /// <summary>The account that the user had is erased, with a receipt.</summary>
    Erased,

    /// <summary>The user had no account.</summary>
    Unknown,

    /// <summary>The account is under a legal hold: it is pending until that is released.</summary>
    Held,
}
