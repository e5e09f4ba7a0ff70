namespace KeyRecovery.Service.Keys;

/// <summary>What became of a change of a ring, or of the root key. A refusal is never a success.</summary>
public abstract record RingResult
{
    private RingResult() { }

    /// <summary>It is durable, and was read back.</summary>
    public sealed record Done : RingResult;

    /// <summary>It could not be done, or not be proved. To be tried again once its cause is gone.</summary>
    /// <param name="Reason">Why, in words for an operator; names files and no keys.</param>
    /// <param name="Cause">What lies beneath, for the log.</param>
    public sealed record Refused(string Reason, Exception? Cause) : RingResult;
}
