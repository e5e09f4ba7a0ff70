using KeyRecovery.Protocol.Linking;

namespace KeyRecovery.Protocol.Tests.Linking;

/// <summary>"No", on either side, and what comes after it.</summary>
public class Endings
{
    [Fact]
    public void A_no_on_the_existing_device_reaches_the_new_one_and_nothing_follows()
    {
        var (awaiting, rogue) = LinkRogue.NewWithDigits();
        var reviewing = awaiting.Receive(rogue.Seal(LinkRogue.Reveal())).Next().State;
        Assert.Equal(new LinkMessage.Abort("declined"), rogue.Open(reviewing.Decline().Span));
        Assert.Throws<InvalidOperationException>(
            () => reviewing.Approve(LinkWorld.One.DraftFor(new([reviewing.Added], []))));
        Assert.Throws<InvalidOperationException>(() => reviewing.Cancel());
    }

    [Fact]
    public void A_no_on_the_new_device_leaves_no_signature()
    {
        var (revealed, rogue) = LinkRogue.ExistingWithDigits();
        var reviewing = revealed.Receive(rogue.Seal(LinkRogue.Offer())).Next().State;
        Assert.Equal(new LinkMessage.Abort("declined"), rogue.Open(reviewing.Decline().Span));
        Assert.Throws<InvalidOperationException>(reviewing.Approve);
    }

    [Theory]
    [InlineData("declined", LinkFailure.Declined)]
    [InlineData("cancelled", LinkFailure.Cancelled)]
    [InlineData("failed", LinkFailure.PeerFailed)]
    [InlineData("out of paper", LinkFailure.PeerFailed)]
    public void The_other_side_learns_why_and_has_nothing_to_answer(string word, LinkFailure reason)
    {
        var (existing, device) = LinkRogue.NewOffered();
        Assert.Empty(existing.Receive(device.Seal(new LinkMessage.Abort(word))).Fails(reason));
        var (signed, display) = LinkRogue.ExistingSigned();
        Assert.Empty(signed.Receive(display.Seal(new LinkMessage.Abort(word))).Fails(reason));
    }

    [Fact]
    public void A_message_after_a_no_that_the_relay_kept_back_ends_the_session()
    {
        var (revealed, rogue) = LinkRogue.ExistingWithDigits();
        rogue.Seal(new LinkMessage.Abort("declined"));
        revealed.Receive(rogue.Seal(LinkRogue.Offer())).Fails(LinkFailure.Tampered);
    }

    [Fact]
    public void A_message_after_a_no_finds_nobody()
    {
        var (revealed, rogue) = LinkRogue.ExistingWithDigits();
        revealed.Receive(rogue.Seal(new LinkMessage.Abort("declined"))).Fails(LinkFailure.Declined);
        Assert.Throws<InvalidOperationException>(() => revealed.Receive(rogue.Seal(LinkRogue.Offer())));
    }

    [Fact]
    public void What_is_not_due_ends_the_session_whatever_it_is()
    {
        var (greeted, early) = LinkRogue.New();
        greeted.Receive(early.Seal(LinkRogue.Reveal())).Fails(LinkFailure.UnexpectedMessage);
        var (connected, offers) = LinkRogue.Existing();
        connected.Receive(offers.Seal(LinkRogue.Offer())).Fails(LinkFailure.UnexpectedMessage);
        var (signed, sends) = LinkRogue.ExistingSigned();
        signed.Receive(sends.Seal(new LinkMessage.Bundle(0, 1, [1]))).Fails(LinkFailure.UnexpectedMessage);
    }

    [Fact]
    public void A_state_that_is_left_takes_its_keys_along()
    {
        var (connected, rogue) = LinkRogue.Existing();
        var message = rogue.Seal(new LinkMessage.Digits(connected.Digits));
        connected.Dispose();
        Assert.Throws<InvalidOperationException>(() => connected.Receive(message));

        var displaying = ExistingDisplaying.Begin(LinkWorld.Scope, new TestRandom(1));
        var code = displaying.Code;
        displaying.Dispose();
        Assert.Throws<ObjectDisposedException>(code.ToQrText);
    }
}
