namespace KeyRecovery.Service.Erasure;

/// <summary>What becomes of a line of a job.</summary>
public enum LineOutcome
{
    /// <summary>It was not looked at, or there is no receipt yet.</summary>
    Pending,

    /// <summary>The user's account is erased, with a receipt.</summary>
    Erased,

    /// <summary>The user had no account.</summary>
    Unknown,
}
