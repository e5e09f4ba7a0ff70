namespace KeyRecovery.Protocol.Linking;

/// <summary>The existing device waits for the acknowledgement.</summary>
public sealed class ExistingSent : ConnectedState
{
    private readonly Hash256 _bundle;
    private readonly AuthorityId _device;

    internal ExistingSent(LinkChannel channel, Hash256 bundle, AuthorityId device)
        : base(channel) => (_bundle, _device) = (bundle, device);

    /// <summary>Takes the acknowledgement, the last message of a session.</summary>
    public LinkStep<ExistingLinked> Receive(ReadOnlySpan<byte> message)
    {
        var channel = TakeChannel();
        var received = channel.Open(message);
        if (received is not LinkMessage.Received receipt) return LinkStep<ExistingLinked>.Fail(channel.End(received));
        if (receipt.Value != _bundle) return LinkStep<ExistingLinked>.Fail(channel.End(LinkFailure.WrongReceipt));
        channel.Dispose();
        return new LinkStep<ExistingLinked>.Next(new ExistingLinked(_device), default);
    }
}
