using System.Collections.Immutable;

namespace KeyRecovery.Protocol.Linking;

/// <summary>The new device is in the chain and collects the app's bundle.</summary>
public sealed class NewReceiving : ConnectedState
{
    private readonly JoiningDevice _device;
    private readonly AccountId _account;
    private readonly ImmutableList<LinkMessage.Bundle> _parts;

    internal NewReceiving(
        LinkChannel channel, JoiningDevice device, AccountId account, ImmutableList<LinkMessage.Bundle> parts)
        : base(channel) => (_device, _account, _parts) = (device, account, parts);

    /// <summary>Takes the next part. With the last one the bundle is opened and acknowledged.</summary>
    public LinkFork<NewLinked, NewReceiving> Receive(ReadOnlySpan<byte> message)
    {
        var channel = TakeChannel();
        var received = channel.Open(message);
        if (received is not LinkMessage.Bundle part)
            return LinkFork<NewLinked, NewReceiving>.Fail(channel.End(received));
        if (!LinkBundle.Continues(_parts, part))
            return LinkFork<NewLinked, NewReceiving>.Fail(channel.End(LinkFailure.WrongBundle));
        var parts = _parts.Add(part);
        return parts.Count < part.Of
            ? new LinkFork<NewLinked, NewReceiving>.Again(new NewReceiving(channel, _device, _account, parts), default)
            : Open(channel, LinkBundle.Join(parts));
    }

    private LinkFork<NewLinked, NewReceiving> Open(LinkChannel channel, byte[] bundle)
    {
        var info = LinkBundle.Info(_account, _device.Entry.Id, channel.Handshake);
        if (LinkBundle.Open(_device.Kem, info, bundle) is not { } content)
            return LinkFork<NewLinked, NewReceiving>.Fail(channel.End(LinkFailure.WrongBundle));
        var receipt = channel.Seal(new LinkMessage.Received(Hash256.Of(bundle)));
        channel.Dispose();
        return new LinkFork<NewLinked, NewReceiving>.Next(new NewLinked(_account, content), receipt);
    }
}
