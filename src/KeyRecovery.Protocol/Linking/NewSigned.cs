using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Protocol.Linking;

/// <summary>The new device has signed the draft and waits until it is committed.</summary>
public sealed class NewSigned : ConnectedState
{
    private readonly JoiningDevice _device;
    private readonly LinkMessage.Offer _offer;

    private NewSigned(LinkChannel channel, JoiningDevice device, LinkMessage.Offer offer) : base(channel) =>
        (_device, _offer) = (device, offer);

    /// <summary>
    /// Takes the news that the signed draft is in the chain, or a draft for the same account on a head further on,
    /// which is signed likewise.
    /// </summary>
    public LinkFork<NewCommitted, NewSigned> Receive(ReadOnlySpan<byte> message)
    {
        var channel = TakeChannel();
        switch (channel.Open(message))
        {
            case LinkMessage.Offer offer:
                var fault = offer.Account != _offer.Account || offer.Head.Sequence <= _offer.Head.Sequence
                    ? LinkFailure.WrongDraft
                    : OfferCheck.FindFault(offer, _device.Entry);
                if (fault is { } reason) return LinkFork<NewCommitted, NewSigned>.Fail(channel.End(reason));
                var (state, possession) = Sign(channel, _device, offer);
                return new LinkFork<NewCommitted, NewSigned>.Again(state, possession);
            case LinkMessage.Committed committed when committed.Place == PlaceOf(_offer):
                return new LinkFork<NewCommitted, NewSigned>.Next(
                    new NewCommitted(channel, _device, _offer.Account, committed), default);
            case LinkMessage.Committed:
                return LinkFork<NewCommitted, NewSigned>.Fail(channel.End(LinkFailure.WrongChain));
            case var other:
                return LinkFork<NewCommitted, NewSigned>.Fail(channel.End(other));
        }
    }

    internal static LinkStep<NewSigned>.Next Sign(LinkChannel channel, JoiningDevice device, LinkMessage.Offer offer)
    {
        var possession =
            channel.Seal(new LinkMessage.Possession(ChainLinkDraft.ProvePossession(device.Signing, offer.Draft)));
        return new(new NewSigned(channel, device, offer), possession);
    }

    private static ChainPlace PlaceOf(LinkMessage.Offer offer) => new(offer.Head.Sequence + 1, Hash256.Of(offer.Draft));
}
