namespace KeyRecovery.Protocol.Linking;

/// <summary>What came of a step after which the session goes on or waits for the same once more.</summary>
/// <typeparam name="TNext">The state that goes on.</typeparam>
/// <typeparam name="TAgain">The state that waits.</typeparam>
public abstract record LinkFork<TNext, TAgain>
{
    private LinkFork() { }

    /// <summary>The session goes on.</summary>
    /// <param name="State">The next state; the one before is used up.</param>
    /// <param name="Message">The message to send now; empty where the other side is to speak.</param>
    public sealed record Next(TNext State, ReadOnlyMemory<byte> Message) : LinkFork<TNext, TAgain>;

    /// <summary>The same once more: other digits, another draft, another part.</summary>
    /// <param name="State">The state that waits; the one before is used up.</param>
    /// <param name="Message">The message to send now; empty where the other side is to speak.</param>
    public sealed record Again(TAgain State, ReadOnlyMemory<byte> Message) : LinkFork<TNext, TAgain>;

    /// <summary>The session is over, its keys are zeroed.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Farewell">A message that tells the other side, sent best effort; empty where it knows or cannot
    /// know.</param>
    public sealed record Failed(LinkFailure Reason, ReadOnlyMemory<byte> Farewell) : LinkFork<TNext, TAgain>;

    internal static LinkFork<TNext, TAgain> Fail(LinkEnd end) => new Failed(end.Reason, end.Farewell);
}
