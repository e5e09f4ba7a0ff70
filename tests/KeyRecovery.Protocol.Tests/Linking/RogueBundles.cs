using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Linking;

/// <summary>A bundle that is too long, incomplete, or meant for another device, account or session.</summary>
public class RogueBundles
{
    private static readonly LinkWorld World = LinkWorld.One;

    [Fact]
    public void A_bundle_sealed_as_it_must_be_is_taken()
    {
        var (receiving, rogue) = LinkRogue.ExistingReady();
        var bundle = LinkRogue.Seal(rogue, Padme.Pad([1, 2, 3]));
        var (linked, receipt) = receiving.Receive(rogue.Seal(new LinkMessage.Bundle(0, 1, bundle))).Next();
        Assert.Equal([1, 2, 3], linked.Content.Span.ToArray());
        Assert.Equal(new LinkMessage.Received(Hash256.Of(bundle)), rogue.Open(receipt.Span));
        linked.Dispose();
        Assert.Throws<ObjectDisposedException>(() => linked.Content.Span.Length);
    }

    [Fact]
    public void A_bundle_for_another_purpose_or_with_other_padding_is_refused()
    {
        foreach (var seal in new Func<LinkChannel, byte[]>[]
        {
            rogue => LinkRogue.Seal(rogue, Padme.Pad([1]), account: LinkWorld.Other.After.Account),
            rogue => LinkRogue.Seal(rogue, Padme.Pad([1]), handshake: default(Hash256)),
            rogue => LinkRogue.Seal(rogue, new byte[257]),
            rogue => LinkRogue.Seal(rogue, []),
            rogue => Hpke.Seal(
                World.Mallory.Kem.PublicKey, LinkBundle.Info(World.After.Account, World.Laptop.Id, rogue.Handshake), [],
                Padme.Pad([1]), new byte[64]),
            _ => [1],
        })
        {
            var (receiving, rogue) = LinkRogue.ExistingReady();
            receiving.Receive(rogue.Seal(new LinkMessage.Bundle(0, 1, seal(rogue)))).Fails(LinkFailure.WrongBundle);
        }
    }

    [Fact]
    public void A_bundle_above_the_limit_is_neither_sent_nor_taken()
    {
        var (proven, peer) = LinkRogue.NewProven();
        var (committed, _) = proven.Committed(TestHome.Keys[0]);
        var (sending, _) = committed.Receive(peer.Seal(new LinkMessage.Ready())).Next();
        Assert.Throws<ArgumentOutOfRangeException>(
            () => sending.Send(new byte[LinkLimits.BundleBytes + 1], new TestRandom(1)));
        sending.Send(new byte[LinkLimits.BundleBytes], new TestRandom(1));

        // One byte more is padded to the same length, so that only the content's own length tells.
        var (receiving, rogue) = LinkRogue.ExistingReady();
        var parts = LinkBundle.Split(LinkRogue.Seal(rogue, Padme.Pad(new byte[LinkLimits.BundleBytes + 1]))).ToList();
        Assert.Equal(LinkBundle.MaxParts, parts.Count);
        foreach (var part in parts[..^1]) receiving = receiving.Receive(rogue.Seal(part)).Again().State;
        receiving.Receive(rogue.Seal(parts[^1])).Fails(LinkFailure.WrongBundle);
    }

    [Theory]
    [InlineData(1, 2, 7168, LinkFailure.WrongBundle)]
    [InlineData(0, 0, 7168, LinkFailure.WrongBundle)]
    [InlineData(0, 2, 7167, LinkFailure.WrongBundle)]
    [InlineData(0, 31, 7168, LinkFailure.UnexpectedMessage)]
    [InlineData(30, 30, 7168, LinkFailure.UnexpectedMessage)]
    [InlineData(0, 2, 7169, LinkFailure.UnexpectedMessage)]
    [InlineData(0, 2, 0, LinkFailure.UnexpectedMessage)]
    public void A_first_part_out_of_bounds_is_refused_at_once(int index, int of, int length, LinkFailure reason)
    {
        var (receiving, rogue) = LinkRogue.ExistingReady();
        receiving.Receive(rogue.Seal(new LinkMessage.Bundle(index, of, new byte[length]))).Fails(reason);
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(2, 3)]
    [InlineData(1, 4)]
    [InlineData(1, 2)]
    public void A_second_part_that_repeats_skips_or_counts_otherwise_is_refused(int index, int of)
    {
        var (receiving, rogue) = LinkRogue.ExistingReady();
        var (more, _) = receiving.Receive(rogue.Seal(new LinkMessage.Bundle(0, 3, new byte[7168]))).Again();
        more.Receive(rogue.Seal(new LinkMessage.Bundle(index, of, new byte[7168]))).Fails(LinkFailure.WrongBundle);
    }

    [Fact]
    public void An_acknowledgement_of_another_bundle_is_no_end()
    {
        var (proven, rogue) = LinkRogue.NewProven();
        var (committed, _) = proven.Committed(TestHome.Keys[0]);
        var (sending, _) = committed.Receive(rogue.Seal(new LinkMessage.Ready())).Next();
        var (sent, _) = sending.Send([1], new TestRandom(1));
        sent.Receive(rogue.Seal(new LinkMessage.Received(default))).Fails(LinkFailure.WrongReceipt);
    }
}
