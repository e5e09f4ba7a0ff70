namespace KeyRecovery.Protocol.Linking;

/// <summary>What came of one step of a session with one way on.</summary>
/// <typeparam name="TNext">The state after it.</typeparam>
public abstract record LinkStep<TNext>
{
    private LinkStep() { }

    /// <summary>The session goes on.</summary>
    /// <param name="State">The next state; the one before is used up.</param>
    /// <param name="Message">The message to send now; empty where the other side is to speak.</param>
    public sealed record Next(TNext State, ReadOnlyMemory<byte> Message) : LinkStep<TNext>;

    /// <summary>The session is over, its keys are zeroed.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Farewell">A message that tells the other side, sent best effort; empty where it knows or cannot
    /// know.</param>
    public sealed record Failed(LinkFailure Reason, ReadOnlyMemory<byte> Farewell) : LinkStep<TNext>;

    internal static LinkStep<TNext> Fail(LinkEnd end) => new Failed(end.Reason, end.Farewell);
}
