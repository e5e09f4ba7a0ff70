namespace KeyRecovery.Protocol.Linking;

/// <summary>The existing device may hand over the app's bundle.</summary>
public sealed class ExistingSending : ConnectedState
{
    private readonly LinkMessage.Reveal _peer;
    private readonly AccountId _account;

    internal ExistingSending(LinkChannel channel, LinkMessage.Reveal peer, AccountId account) : base(channel) =>
        (_peer, _account) = (peer, account);

    /// <summary>Seals the bundle to the new device.</summary>
    /// <param name="content">0 to 204,800 bytes; the caller zeroes them.</param>
    /// <param name="random">Draws the encapsulation's 64 bytes.</param>
    /// <returns>The next state, and the messages to send in their order.</returns>
    public (ExistingSent State, IReadOnlyList<ReadOnlyMemory<byte>> Messages) Send(
        ReadOnlySpan<byte> content, IRandom random)
    {
        Throw.IfOutside(content.Length, 0, LinkLimits.BundleBytes, nameof(content));
        var channel = TakeChannel();
        var bundle = LinkBundle.Seal(
            _peer.KemKey, LinkBundle.Info(_account, _peer.Entry.Id, channel.Handshake), content, random);
        var messages = LinkBundle.Split(bundle).Select(part => (ReadOnlyMemory<byte>)channel.Seal(part)).ToList();
        return (new ExistingSent(channel, Hash256.Of(bundle), _peer.Entry.Id), messages);
    }
}
