using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Linking.Noise;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Linking;

/// <summary>One honest device, and in the other's place somebody with the code who sends whatever he likes.</summary>
internal static class LinkRogue
{
    public static LinkWorld World => LinkWorld.One;

    public static byte[] R { get; } = new TestRandom(21).Bytes(32);

    /// <summary>An honest existing device before the commitment, and a rogue new one.</summary>
    public static (ExistingGreeted Existing, LinkChannel Rogue) New()
    {
        var random = new TestRandom(22);
        var displaying = ExistingDisplaying.Begin(LinkWorld.Scope, random);
        using var psk = displaying.Code.DerivePsk();
        using var initiator = NoiseInitiator.Begin(
            LinkWorld.Scope.Prologue(displaying.Code.SessionId), psk.Span, displaying.Code.Key, [], random);
        var (greeted, answer) = displaying.Receive(initiator.FirstMessage, random).Next();
        return (greeted, new LinkChannel(initiator.Finish(answer.Span, [])!));
    }

    /// <summary>The same after an honest commitment and the right digits.</summary>
    public static (ExistingAwaitingReveal Existing, LinkChannel Rogue) NewWithDigits(byte[]? committedTo = null)
    {
        var (greeted, rogue) = New();
        var (asks, _) = greeted.Receive(
            rogue.Seal(new LinkMessage.Commitment(LinkDigits.Commit(rogue.Handshake, committedTo ?? R)))).Next();
        var (awaiting, digits) = asks.Type(LinkDigits.Of(rogue.Handshake, R));
        Assert.IsType<LinkMessage.Digits>(rogue.Open(digits.Span));
        return (awaiting, rogue);
    }

    public static LinkMessage.Reveal Reveal(byte[]? r = null) =>
        new(r ?? R, World.Laptop.Entry, World.Laptop.Kem.PublicKey, "laptop", "Linux");

    /// <summary>The same after the reveal and the person's consent.</summary>
    public static (ExistingOffered Existing, LinkChannel Rogue) NewOffered()
    {
        var (awaiting, rogue) = NewWithDigits();
        var (reviewing, _) = awaiting.Receive(rogue.Seal(Reveal())).Next();
        var (offered, offer) = reviewing.Approve(World.DraftFor(new ChainLinkChange([reviewing.Added], [])));
        Assert.IsType<LinkMessage.Offer>(rogue.Open(offer.Span));
        return (offered, rogue);
    }

    public static (ExistingProven Existing, LinkChannel Rogue) NewProven()
    {
        var (offered, rogue) = NewOffered();
        var proof = ChainLinkDraft.ProvePossession(World.Laptop.Signing, World.Draft.Body);
        return (offered.Receive(rogue.Seal(new LinkMessage.Possession(proof))).Next().State, rogue);
    }

    /// <summary>An honest new device that shows its digits, and a rogue existing one.</summary>
    public static (NewConnected New, LinkChannel Rogue) Existing()
    {
        var random = new TestRandom(23);
        var key = NoiseKey.Random(random);
        using var code = LinkCode.Create(key.Public, random);
        using var responder = new NoiseResponder(LinkWorld.Scope.Prologue(code.SessionId), code.DerivePsk(), key);
        using var joining = NewJoining.Begin(code, LinkWorld.Scope, World.Device, random);
        var answer = new byte[48];
        var rogue = new LinkChannel(responder.Respond(joining.Message.Span, [], answer, [], random)!);
        var (connected, commitment) = joining.Receive(answer, random).Next();
        Assert.IsType<LinkMessage.Commitment>(rogue.Open(commitment.Span));
        return (connected, rogue);
    }

    /// <summary>The same after the right digits.</summary>
    public static (NewRevealed New, LinkChannel Rogue) ExistingWithDigits()
    {
        var (connected, rogue) = Existing();
        var (revealed, reveal) = connected.Receive(rogue.Seal(new LinkMessage.Digits(connected.Digits))).Next();
        Assert.IsType<LinkMessage.Reveal>(rogue.Open(reveal.Span));
        return (revealed, rogue);
    }

    public static LinkMessage.Offer Offer(ChainLinkDraft? draft = null)
    {
        var offered = draft ?? World.Draft;
        return new(offered.Link.Account, new(offered.Link.Sequence - 1, offered.Link.Previous), offered.Body.ToArray());
    }

    /// <summary>An offer of any link, with the head that it tells.</summary>
    public static LinkMessage.Offer Moved(ChainLink link) =>
        new(link.Account, new(link.Sequence - 1, link.Previous), link.Encode());

    /// <summary>The same after an honest offer, signed by the new device.</summary>
    public static (NewSigned New, LinkChannel Rogue) ExistingSigned()
    {
        var (revealed, rogue) = ExistingWithDigits();
        var (signed, possession) = revealed.Receive(rogue.Seal(Offer())).Next().State.Approve();
        Assert.IsType<LinkMessage.Possession>(rogue.Open(possession.Span));
        return (signed, rogue);
    }

    public static (NewCommitted New, LinkChannel Rogue) ExistingCommitted()
    {
        var (signed, rogue) = ExistingSigned();
        var committed = rogue.Seal(new LinkMessage.Committed(World.Draft.Place, TestHome.Keys[0]));
        return (signed.Receive(committed).Next().State, rogue);
    }

    public static (NewReceiving New, LinkChannel Rogue) ExistingReady()
    {
        var (committed, rogue) = ExistingCommitted();
        var (receiving, ready) = committed.Verify(World.After).Next();
        Assert.IsType<LinkMessage.Ready>(rogue.Open(ready.Span));
        return (receiving, rogue);
    }

    /// <summary>A bundle as an honest device seals it, unless told.</summary>
    public static byte[] Seal(LinkChannel rogue, byte[] padded, AccountId? account = null, Hash256? handshake = null) =>
        Hpke.Seal(
            World.Laptop.Kem.PublicKey,
            LinkBundle.Info(account ?? World.After.Account, World.Laptop.Id, handshake ?? rogue.Handshake),
            [], padded, new TestRandom(24).Bytes(64));
}
