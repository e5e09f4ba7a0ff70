using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Protocol.Linking;

/// <summary>The existing device waits for the new one to sign the draft that adds it.</summary>
public sealed class ExistingOffered : ConnectedState
{
    private readonly LinkMessage.Reveal _peer;
    private readonly ChainLinkDraft _draft;

    private ExistingOffered(LinkChannel channel, LinkMessage.Reveal peer, ChainLinkDraft draft) : base(channel) =>
        (_peer, _draft) = (peer, draft);

    /// <summary>Takes the signature, and checks it against the key that was shown to the person.</summary>
    public LinkStep<ExistingProven> Receive(ReadOnlySpan<byte> message)
    {
        var channel = TakeChannel();
        var received = channel.Open(message);
        if (received is not LinkMessage.Possession proof) return LinkStep<ExistingProven>.Fail(channel.End(received));
        return _peer.Entry.SigningKey.Verify(SignatureLabel.LinkPossession, _draft.Body.Span, proof.Signature)
            ? new LinkStep<ExistingProven>.Next(new ExistingProven(channel, _peer, _draft, proof.Signature), default)
            : LinkStep<ExistingProven>.Fail(channel.End(LinkFailure.BadPossession));
    }

    internal static void Require(ChainLinkDraft draft, LinkMessage.Reveal peer)
    {
        if (draft.Link is not { Sequence: > 0, Add: [var added], Remove: [] } || added != peer.Entry)
            Throw.Argument(nameof(draft), "must add the reviewed device, nobody else, and remove nobody");
    }

    internal static LinkStep<ExistingOffered>.Next Offer(
        LinkChannel channel, LinkMessage.Reveal peer, ChainLinkDraft draft)
    {
        var head = new ChainPlace(draft.Link.Sequence - 1, draft.Link.Previous);
        var message = channel.Seal(new LinkMessage.Offer(draft.Link.Account, head, draft.Body.ToArray()));
        return new(new ExistingOffered(channel, peer, draft), message);
    }
}
