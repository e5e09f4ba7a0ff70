namespace KeyRecovery.Protocol.Linking;

/// <summary>The new device has told its keys and waits for an offer.</summary>
public sealed class NewRevealed : ConnectedState
{
    private readonly JoiningDevice _device;

    internal NewRevealed(LinkChannel channel, JoiningDevice device) : base(channel) => _device = device;

    /// <summary>Takes the offer, checked: it adds this device with these keys, and does nothing else.</summary>
    public LinkStep<NewReviewing> Receive(ReadOnlySpan<byte> message)
    {
        var channel = TakeChannel();
        var received = channel.Open(message);
        if (received is not LinkMessage.Offer offer) return LinkStep<NewReviewing>.Fail(channel.End(received));
        return OfferCheck.FindFault(offer, _device.Entry) is { } fault
            ? LinkStep<NewReviewing>.Fail(channel.End(fault))
            : new LinkStep<NewReviewing>.Next(new NewReviewing(channel, _device, offer), default);
    }
}
