using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Protocol.Linking;

/// <summary>
/// The digits hold. The existing device shows whom it would add, and asks. The default is
/// <see cref="ConnectedState.Decline"/>.
/// </summary>
public sealed class ExistingReviewing : ConnectedState
{
    private readonly LinkMessage.Reveal _peer;

    internal ExistingReviewing(LinkChannel channel, LinkMessage.Reveal peer) : base(channel) => _peer = peer;

    /// <summary>What the new device calls itself: its own word, at most 64 bytes, any characters.</summary>
    public string Name => _peer.Name;

    /// <summary>What the new device says it is: its own word, at most 32 bytes, any characters.</summary>
    public string Platform => _peer.Platform;

    /// <summary>The new device for a <see cref="ChainLinkChange"/>: its entry, and the key to seal to.</summary>
    public (NewAuthority Entry, KemPublicKey KemKey) Added => (_peer.Entry, _peer.KemKey);

    /// <summary>Offers the draft of the link. Call it only with the person's consent.</summary>
    /// <param name="draft">Adds <see cref="Added"/>, nobody else, and removes nobody.</param>
    /// <exception cref="ArgumentException">The draft does something else.</exception>
    public LinkStep<ExistingOffered>.Next Approve(ChainLinkDraft draft)
    {
        ExistingOffered.Require(draft, _peer);
        return ExistingOffered.Offer(TakeChannel(), _peer, draft);
    }
}
