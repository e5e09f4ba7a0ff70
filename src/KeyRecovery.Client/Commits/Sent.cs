namespace KeyRecovery.Client.Commits;

/// <summary>What came of a commit that was sent.</summary>
internal abstract record Sent
{
    private Sent() { }

    /// <summary>The failure to tell where it is neither done nor to be built anew.</summary>
    public virtual ClientFailure? Failure => null;

    /// <summary>It is part of the account, and this device's vault shows it.</summary>
    public sealed record Done : Sent;

    /// <summary>Another device was faster, and its change is here now: the commit is to be built anew.</summary>
    public sealed record Stale : Sent;

    /// <summary>The server has an item no more that was stored ahead: it is to be stored once more.</summary>
    /// <param name="Why">What is told where that does not help.</param>
    public sealed record Missing(ClientFailure Why) : Sent
    {
        public override ClientFailure Failure => Why;
    }

    /// <summary>The server refused it in the protocol's own words, or it was never sent: nothing has changed.</summary>
    /// <param name="Why">Why.</param>
    public sealed record Refused(ClientFailure Why) : Sent
    {
        public override ClientFailure Failure => Why;
    }

    /// <summary>
    /// No answer, or none of this protocol, or done and then not seen: it may be part of the account, or become it.
    /// </summary>
    /// <param name="Why">What was in the way.</param>
    public sealed record Unknown(ClientFailure Why) : Sent
    {
        public override ClientFailure Failure => Why;
    }
}
