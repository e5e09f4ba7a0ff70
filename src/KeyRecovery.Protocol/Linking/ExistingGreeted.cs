namespace KeyRecovery.Protocol.Linking;

/// <summary>The existing device has a channel to somebody who has the code, and waits for a commitment.</summary>
public sealed class ExistingGreeted : ConnectedState
{
    internal ExistingGreeted(LinkChannel channel) : base(channel) { }

    /// <summary>Takes the commitment, after which the digits may be typed.</summary>
    public LinkStep<ExistingConnected> Receive(ReadOnlySpan<byte> message)
    {
        var channel = TakeChannel();
        var received = channel.Open(message);
        return received is LinkMessage.Commitment commitment
            ? new LinkStep<ExistingConnected>.Next(
                new ExistingConnected(channel, commitment.Value, LinkLimits.DigitTries), default)
            : LinkStep<ExistingConnected>.Fail(channel.End(received));
    }
}
