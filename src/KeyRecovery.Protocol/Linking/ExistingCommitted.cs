namespace KeyRecovery.Protocol.Linking;

/// <summary>The new device is in the chain; the existing one waits until it has verified that for itself.</summary>
public sealed class ExistingCommitted : ConnectedState
{
    private readonly LinkMessage.Reveal _peer;
    private readonly AccountId _account;

    internal ExistingCommitted(LinkChannel channel, LinkMessage.Reveal peer, AccountId account) : base(channel) =>
        (_peer, _account) = (peer, account);

    /// <summary>Takes the new device's word that it is ready for the bundle.</summary>
    public LinkStep<ExistingSending> Receive(ReadOnlySpan<byte> message)
    {
        var channel = TakeChannel();
        var received = channel.Open(message);
        return received is LinkMessage.Ready
            ? new LinkStep<ExistingSending>.Next(new ExistingSending(channel, _peer, _account), default)
            : LinkStep<ExistingSending>.Fail(channel.End(received));
    }
}
