using KeyRecovery.Protocol.Linking;

namespace KeyRecovery.Protocol.Tests.Linking;

public class HappyPaths
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(252)]
    [InlineData(7_000)]
    [InlineData(LinkLimits.BundleBytes)]
    public void A_scanned_code_brings_the_bundle_over(int length)
    {
        var run = new LinkRun { Bundle = new TestRandom(1).Bytes(length) }.Go();
        Assert.Null(run.Ended);
        Assert.Equal(run.Bundle, run.Received);
        Assert.All(run.Sent, message => Assert.InRange(message.Bytes.Length, 1, LinkLimits.MessageBytes));
        Assert.True(run.Sent.Count <= 64);
    }

    [Fact]
    public void A_typed_code_does_the_same()
    {
        using var typed = TypedLinkCode.Generate(new TestRandom(2));
        var run = new LinkRun
        {
            Carry = code =>
            {
                var envelope = typed.SealEnvelope(LinkWorld.Scope.AppId, code, new TestRandom(3));
                Assert.Equal(TypedLinkCode.EnvelopeSize, envelope.Length);
                using var read = Assert.IsType<TypedLinkCodeParse.Ok>(
                    TypedLinkCode.Parse(typed.ToDisplayString().ToLowerInvariant())).Code;
                return Assert.IsType<LinkCodeParse.Ok>(read.OpenEnvelope(LinkWorld.Scope.AppId, envelope)).Code;
            },
        }.Go();
        Assert.Null(run.Ended);
        Assert.Equal(run.Bundle, run.Received);
    }

    [Fact]
    public void Digits_may_be_wrong_twice()
    {
        var (connected, rogue) = LinkRogue.Existing();
        for (var left = 2; left > 0; left--)
        {
            var (again, answer) = connected.Receive(rogue.Seal(new LinkMessage.Digits(Wrong(connected)))).Again();
            connected.Dispose();
            Assert.Equal(new LinkMessage.WrongDigits(left), rogue.Open(answer.Span));
            Assert.Equal((left, connected.Digits.ToDisplayString()), (again.TriesLeft, again.Digits.ToDisplayString()));
            connected = again;
        }

        var (_, reveal) = connected.Receive(rogue.Seal(new LinkMessage.Digits(connected.Digits))).Next();
        Assert.IsType<LinkMessage.Reveal>(rogue.Open(reveal.Span));
    }

    [Fact]
    public void After_a_lost_race_a_second_draft_is_signed_without_asking_again()
    {
        var world = LinkWorld.One;
        var (signed, rogue) = LinkRogue.ExistingSigned();
        var first = LinkRogue.Offer();
        var later = LinkRogue.Moved(world.Draft.Link with { Sequence = world.Draft.Link.Sequence + 3 });
        var (again, possession) = signed.Receive(rogue.Seal(later)).Again();
        var proof = Assert.IsType<LinkMessage.Possession>(rogue.Open(possession.Span));
        Assert.True(
            world.Laptop.Signing.PublicKey.Verify(
                Primitives.SignatureLabel.LinkPossession, later.Draft, proof.Signature));
        Assert.NotEqual(first.Draft, later.Draft);

        // The first draft is not what was committed then.
        again.Receive(rogue.Seal(new LinkMessage.Committed(world.Draft.Place, TestHome.Keys[0])))
            .Fails(LinkFailure.WrongChain);
    }

    [Fact]
    public void The_existing_device_offers_anew_only_further_on_in_the_same_account()
    {
        var (proven, _) = LinkRogue.NewProven();
        Assert.Throws<ArgumentException>(() => proven.Offer(LinkWorld.One.Draft));
        Assert.Throws<ArgumentException>(() => proven.Offer(LinkWorld.Other.Draft));
        proven.Committed(TestHome.Keys[0]);
    }

    internal static LinkDigits Wrong(NewConnected connected)
    {
        var right = connected.Digits.ToDisplayString();
        Assert.True(LinkDigits.TryParse((right[0] == '9' ? '0' : (char)(right[0] + 1)) + right[1..], out var wrong));
        return wrong;
    }
}
