using System.Security.Cryptography;

namespace KeyRecovery.Protocol.Linking;

/// <summary>The existing device waits to hear whether the digits were right.</summary>
public sealed class ExistingAwaitingReveal : ConnectedState
{
    private readonly Hash256 _commitment;
    private readonly LinkDigits _typed;
    private readonly int _triesLeft;

    internal ExistingAwaitingReveal(LinkChannel channel, Hash256 commitment, LinkDigits typed, int triesLeft)
        : base(channel) =>
        (_commitment, _typed, _triesLeft) = (commitment, typed, triesLeft);

    /// <summary>
    /// Takes the new device's word. It counts only with the opened commitment: what was committed to before the digits
    /// were typed must make these very digits.
    /// </summary>
    public LinkFork<ExistingReviewing, ExistingConnected> Receive(ReadOnlySpan<byte> message)
    {
        var channel = TakeChannel();
        switch (channel.Open(message))
        {
            case LinkMessage.WrongDigits wrong when wrong.TriesLeft == _triesLeft:
                if (_triesLeft > 0)
                    return new LinkFork<ExistingReviewing, ExistingConnected>.Again(
                        new ExistingConnected(channel, _commitment, _triesLeft), default);
                channel.Dispose();
                return new LinkFork<ExistingReviewing, ExistingConnected>.Failed(LinkFailure.WrongDigits, default);
            case LinkMessage.Reveal reveal when LinkDigits.Commit(channel.Handshake, reveal.R) != _commitment:
                return LinkFork<ExistingReviewing, ExistingConnected>.Fail(channel.End(LinkFailure.BrokenCommitment));
            case LinkMessage.Reveal reveal when !LinkDigits.Of(channel.Handshake, reveal.R).Matches(_typed):
                return LinkFork<ExistingReviewing, ExistingConnected>.Fail(channel.End(LinkFailure.WrongDigits));
            case LinkMessage.Reveal reveal:
                CryptographicOperations.ZeroMemory(reveal.R);
                return new LinkFork<ExistingReviewing, ExistingConnected>.Next(
                    new ExistingReviewing(channel, reveal), default);
            case var other:
                return LinkFork<ExistingReviewing, ExistingConnected>.Fail(channel.End(other));
        }
    }
}
