using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Protocol.Linking;

/// <summary>
/// The existing device holds everything that a commit takes: it signs the link and commits it, and tells how that went.
/// </summary>
public sealed class ExistingProven : ConnectedState
{
    private readonly LinkMessage.Reveal _peer;

    internal ExistingProven(LinkChannel channel, LinkMessage.Reveal peer, ChainLinkDraft draft, byte[] possession)
        : base(channel)
    {
        _peer = peer;
        Draft = draft;
        Possession = new Dictionary<AuthorityId, byte[]> { [peer.Entry.Id] = possession };
    }

    /// <summary>The draft that both agree about.</summary>
    public ChainLinkDraft Draft { get; }

    /// <summary>The new device's signature, for <see cref="ChainLinkDraft.Sign"/>.</summary>
    public IReadOnlyDictionary<AuthorityId, byte[]> Possession { get; }

    /// <summary>The server refused because the chain has grown: offers a draft on its new head.</summary>
    /// <param name="draft">As in <see cref="ExistingReviewing.Approve"/>, of the same account and further on.</param>
    /// <exception cref="ArgumentException">The draft does something else.</exception>
    public LinkStep<ExistingOffered>.Next Offer(ChainLinkDraft draft)
    {
        ExistingOffered.Require(draft, _peer);
        if (draft.Link.Account != Draft.Link.Account || draft.Link.Sequence <= Draft.Link.Sequence)
            Throw.Argument(nameof(draft), "must continue the same account further on");
        return ExistingOffered.Offer(TakeChannel(), _peer, draft);
    }

    /// <summary>The server took the link.</summary>
    /// <param name="homeKey">The audit key of the home server under which this device has verified the account's head:
    /// a new device that the server tells another one then notices (docs/protocol.md §7, Head).</param>
    public LinkStep<ExistingCommitted>.Next Committed(VerifyKey homeKey)
    {
        var channel = TakeChannel();
        var message = channel.Seal(new LinkMessage.Committed(Draft.Place, homeKey));
        return new(new ExistingCommitted(channel, _peer, Draft.Link.Account), message);
    }
}
