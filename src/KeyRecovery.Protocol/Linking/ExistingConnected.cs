namespace KeyRecovery.Protocol.Linking;

/// <summary>
/// The existing device asks for the six digits that the new one shows. Nobody has approved anything yet.
/// </summary>
public sealed class ExistingConnected : ConnectedState
{
    private readonly Hash256 _commitment;

    internal ExistingConnected(LinkChannel channel, Hash256 commitment, int triesLeft) : base(channel) =>
        (_commitment, TriesLeft) = (commitment, triesLeft);

    /// <summary>How often the digits may still be typed: 3, then 2, then 1.</summary>
    public int TriesLeft { get; }

    /// <summary>Sends what the person has typed.</summary>
    public LinkStep<ExistingAwaitingReveal>.Next Type(LinkDigits digits)
    {
        var channel = TakeChannel();
        var message = channel.Seal(new LinkMessage.Digits(digits));
        return new(new ExistingAwaitingReveal(channel, _commitment, digits, TriesLeft - 1), message);
    }
}
