namespace KeyRecovery.Protocol.Linking;

/// <summary>The new device shows the account that it would join, and asks.</summary>
public sealed class NewReviewing : ConnectedState
{
    private readonly JoiningDevice _device;
    private readonly LinkMessage.Offer _offer;

    internal NewReviewing(LinkChannel channel, JoiningDevice device, LinkMessage.Offer offer) : base(channel) =>
        (_device, _offer) = (device, offer);

    /// <summary>The account.</summary>
    public AccountId Account => _offer.Account;

    /// <summary>Signs the draft. Call it only with the person's consent.</summary>
    public LinkStep<NewSigned>.Next Approve() => NewSigned.Sign(TakeChannel(), _device, _offer);
}
