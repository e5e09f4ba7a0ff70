using CsCheck;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Linking;

/// <summary>Bytes of no sense: from the relay, and from a peer whose seal is right.</summary>
public class Garbage
{
    private static readonly byte[][] Plaintexts =
    [
        .. new LinkMessage[]
        {
            new LinkMessage.Commitment(default), new LinkMessage.WrongDigits(2), LinkRogue.Reveal(), LinkRogue.Offer(),
            new LinkMessage.Possession(new byte[64]), new LinkMessage.Committed(default, TestHome.Keys[0]),
            new LinkMessage.Ready(),
            new LinkMessage.Bundle(0, 2, new byte[7168]), new LinkMessage.Received(default),
            new LinkMessage.Abort("declined"),
            new LinkMessage.Digits(default),
        }.Select(Encoded),
    ];

    private static byte[] Encoded(LinkMessage message)
    {
        using var encoded = message.Encode();
        return encoded.Span.ToArray();
    }

    [Fact]
    public void Any_bytes_in_any_state_end_the_session_and_throw_nothing() =>
        Gen.Byte.Array[0, 300].Sample(bytes => Everywhere(_ => bytes, LinkFailure.Tampered), iter: 50);

    [Fact]
    public void Any_sealed_bytes_in_any_state_end_the_session_and_throw_nothing() =>
        Gen.Byte.Array[0, 300].Sample(
            bytes => Everywhere(rogue => rogue.SealBytes(bytes), LinkFailure.UnexpectedMessage), iter: 50);

    [Fact]
    public void A_message_with_a_byte_changed_is_read_or_refused_by_its_format_and_nothing_else() =>
        Gen.Select(Gen.Int[0, Plaintexts.Length - 1], Gen.Int[0, 10_000], Gen.Byte[1, 255]).Sample((which, at, mask) =>
        {
            var plaintext = Plaintexts[which];
            OnlyWireFormat(Forge.Flip(plaintext, at % plaintext.Length, mask));
            OnlyWireFormat(plaintext[..(at % plaintext.Length)]);
            OnlyWireFormat([.. plaintext, mask]);
        }, iter: 5_000);

    [Fact]
    public void Every_message_is_read_as_it_was_written()
    {
        foreach (var plaintext in Plaintexts) Assert.Equal(plaintext, Encoded(LinkMessage.Decode(plaintext)));
    }

    [Fact]
    public void Any_handshake_bytes_are_refused() =>
        Gen.Byte.Array[0, 100].Sample(bytes =>
        {
            var random = new TestRandom(1);
            using var displaying = ExistingDisplaying.Begin(LinkWorld.Scope, random);
            using var joining = NewJoining.Begin(displaying.Code, LinkWorld.Scope, LinkWorld.One.Device, random);
            joining.Receive(bytes, random).Fails(LinkFailure.Handshake);
            displaying.Receive(bytes, random).Fails(LinkFailure.Handshake);
        }, iter: 200);

    private static void Everywhere(Func<LinkChannel, byte[]> message, LinkFailure reason)
    {
        var (greeted, a) = LinkRogue.New();
        greeted.Receive(message(a)).Fails(reason);
        var (awaiting, b) = LinkRogue.NewWithDigits();
        awaiting.Receive(message(b)).Fails(reason);
        var (offered, c) = LinkRogue.NewOffered();
        offered.Receive(message(c)).Fails(reason);
        var (proven, d) = LinkRogue.NewProven();
        proven.Committed(TestHome.Keys[0]).State.Receive(message(d)).Fails(reason);
        var (other, e) = LinkRogue.NewProven();
        var (sent, _) = other.Committed(TestHome.Keys[0]).State.Receive(e.Seal(new LinkMessage.Ready())).Next().State
            .Send([1], new TestRandom(1));
        sent.Receive(message(e)).Fails(reason);

        var (connected, f) = LinkRogue.Existing();
        connected.Receive(message(f)).Fails(reason);
        var (revealed, g) = LinkRogue.ExistingWithDigits();
        revealed.Receive(message(g)).Fails(reason);
        var (signed, h) = LinkRogue.ExistingSigned();
        signed.Receive(message(h)).Fails(reason);
        var (receiving, i) = LinkRogue.ExistingReady();
        receiving.Receive(message(i)).Fails(reason);
    }

    private static void OnlyWireFormat(byte[] plaintext)
    {
        try
        {
            LinkMessage.Decode(plaintext);
        }
        catch (WireFormatException)
        {
        }
    }
}
