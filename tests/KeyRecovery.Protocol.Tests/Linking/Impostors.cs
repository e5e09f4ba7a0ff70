using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Linking.Noise;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Tests.Linking;

/// <summary>
/// Somebody who has seen the code, or holds a device of his own, and is not the one that the person means.
/// </summary>
public class Impostors
{
    private static readonly string[] SmallOrder =
    [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];

    public static TheoryData<string> SmallOrderKeys =>
        [
            .. SmallOrder,
            .. SmallOrder.Select(key => key[..62] + (Convert.FromHexString(key)[31] | 0x80).ToString("x2")),
        ];

    [Fact]
    public void Z15_who_has_a_photo_of_the_code_cannot_play_the_device_that_shows_it()
    {
        var random = new TestRandom(1);
        using var displaying = ExistingDisplaying.Begin(LinkWorld.Scope, random);
        using var joining = NewJoining.Begin(displaying.Code, LinkWorld.Scope, LinkWorld.One.Device, random);

        // Seed and public key are all there, the private key is not: the relay takes one of its own.
        using var relay = new NoiseResponder(
            LinkWorld.Scope.Prologue(displaying.Code.SessionId), displaying.Code.DerivePsk(), NoiseKey.Random(random));
        var answer = new byte[48];
        Assert.Null(relay.Respond(joining.Message.Span, [], answer, [], random));

        // It answers without having read, with everything mixed in that it knows.
        using var psk = displaying.Code.DerivePsk();
        using var state = NoisePattern.Begin(
            LinkWorld.Scope.Prologue(displaying.Code.SessionId), psk.Span, displaying.Code.Key);
        using var ephemeral = NoiseKey.Random(random);
        NoisePattern.MixEphemeral(state, joining.Message.Span[..32]);
        state.MixHash(joining.Message.Span[32..]);
        NoisePattern.WriteEphemeral(state, ephemeral, answer);
        Assert.True(NoisePattern.TryMixAgreement(state, ephemeral.Private, joining.Message.Span[..32]));
        state.EncryptAndHash(answer.AsSpan(32), []);
        joining.Receive(answer, random).Fails(LinkFailure.Handshake);
    }

    [Fact]
    public void Z15_who_has_a_photo_of_the_code_and_claims_first_meets_digits_that_are_not_his()
    {
        var (greeted, rogue) = LinkRogue.New();
        var (asks, _) = greeted
            .Receive(rogue.Seal(new LinkMessage.Commitment(LinkDigits.Commit(rogue.Handshake, LinkRogue.R)))).Next();

        // The person's own new device shows others; the impostor learns them only after his commitment.
        Assert.True(LinkDigits.TryParse("12-34 56", out var typed));
        Assert.False(typed.Matches(LinkDigits.Of(rogue.Handshake, LinkRogue.R)));
        var (awaiting, _) = asks.Type(typed);
        awaiting.Receive(rogue.Seal(LinkRogue.Reveal())).Fails(LinkFailure.WrongDigits);
    }

    [Fact]
    public void Right_digits_with_another_commitment_than_sent_end_the_session()
    {
        var (awaiting, rogue) = LinkRogue.NewWithDigits(committedTo: new byte[32]);
        var farewell = awaiting.Receive(rogue.Seal(LinkRogue.Reveal())).Fails(LinkFailure.BrokenCommitment);
        Assert.Equal(new LinkMessage.Abort("failed"), rogue.Open(farewell));
    }

    [Fact]
    public void Z15_a_rogue_display_without_a_human_has_three_guesses()
    {
        var (connected, rogue) = LinkRogue.Existing();
        var wrong = HappyPaths.Wrong(connected);
        for (var left = 2; left > 0; left--)
        {
            (connected, var refusal) = connected.Receive(rogue.Seal(new LinkMessage.Digits(wrong))).Again();
            Assert.Equal(new LinkMessage.WrongDigits(left), rogue.Open(refusal.Span));
        }

        var last = connected.Receive(rogue.Seal(new LinkMessage.Digits(wrong))).Fails(LinkFailure.WrongDigits);
        Assert.Equal(new LinkMessage.WrongDigits(0), rogue.Open(last));
        Assert.Throws<InvalidOperationException>(
            () => connected.Receive(rogue.Seal(new LinkMessage.Digits(connected.Digits))));
    }

    [Fact]
    public void Digits_typed_wrong_three_times_end_the_session_on_both_sides()
    {
        var random = new TestRandom(4);
        using var displaying = ExistingDisplaying.Begin(LinkWorld.Scope, random);
        using var joining = NewJoining.Begin(displaying.Code, LinkWorld.Scope, LinkWorld.One.Device, random);
        var (greeted, handshake) = displaying.Receive(joining.Message.Span, random).Next();
        var (shows, commitment) = joining.Receive(handshake.Span, random).Next();
        var (asks, _) = greeted.Receive(commitment.Span).Next();
        for (var left = 3; left > 1; left--)
        {
            Assert.Equal((left, left), (asks.TriesLeft, shows.TriesLeft));
            var (awaits, typed) = asks.Type(HappyPaths.Wrong(shows));
            (shows, var refusal) = shows.Receive(typed.Span).Again();
            (asks, _) = awaits.Receive(refusal.Span).Again();
        }

        var (awaiting, digits) = asks.Type(HappyPaths.Wrong(shows));
        var farewell = shows.Receive(digits.Span).Fails(LinkFailure.WrongDigits);
        Assert.Empty(awaiting.Receive(farewell).Fails(LinkFailure.WrongDigits));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public void A_count_of_tries_that_skips_ends_the_session(int left)
    {
        var (awaiting, rogue) = LinkRogue.NewWithDigits();
        awaiting.Receive(rogue.Seal(new LinkMessage.WrongDigits(left))).Fails(LinkFailure.UnexpectedMessage);
    }

    [Theory]
    [InlineData("messenger.example", "https://evil.example")]
    [InlineData("messenger.example", "http://keys.example.org")]
    [InlineData("messenger.example", "https://keys.example.org:8443")]
    [InlineData("wallet.example", "https://keys.example.org")]
    public void Another_app_or_server_on_the_other_side_ends_the_handshake(string app, string server) =>
        Assert.Equal(("existing", LinkFailure.Handshake),
            new LinkRun { NewScope = new LinkScope(app, new Uri(server)) }.Go().Ended);

    [Fact]
    public void Spellings_of_the_same_server_are_the_same() =>
        Assert.Null(
            new LinkRun { NewScope =
                new LinkScope("messenger.example", new Uri("HTTPS://user@KEYS.example.org:443/v1?x#y")) }.Go().Ended);

    [Theory]
    [MemberData(nameof(SmallOrderKeys))]
    public void A_code_with_a_key_of_small_order_is_refused(string key)
    {
        using var code = LinkCode.Create(Convert.FromHexString(key), new TestRandom(1));
        Assert.IsType<LinkCodeParse.UnsafeKey>(LinkCode.Parse(code.ToQrText()));
    }

    [Theory]
    [MemberData(nameof(SmallOrderKeys))]
    public void An_ephemeral_key_of_small_order_is_refused_although_all_else_fits(string key)
    {
        var random = new TestRandom(6);
        using var displaying = ExistingDisplaying.Begin(LinkWorld.Scope, random);
        displaying.Receive(Hello(displaying.Code, Convert.FromHexString(key)), random).Fails(LinkFailure.Handshake);
    }

    // The shared secret with such a key is zero, whatever the other key: everybody knows it.
    private static byte[] Hello(LinkCode code, byte[] ephemeral)
    {
        using var psk = code.DerivePsk();
        using var state = NoisePattern.Begin(LinkWorld.Scope.Prologue(code.SessionId), psk.Span, code.Key);
        byte[] message = [.. ephemeral, .. new byte[16]];
        NoisePattern.MixEphemeral(state, ephemeral);
        state.MixKey(new byte[32]);
        state.EncryptAndHash(message.AsSpan(32), []);
        return message;
    }

    [Theory]
    [MemberData(nameof(SmallOrderKeys))]
    public void An_answer_with_a_key_of_small_order_is_refused_although_all_else_fits(string key)
    {
        var random = new TestRandom(6);
        var (own, publicKey) = (random.Bytes(32), new byte[32]);
        X25519.PublicKey(publicKey, own);
        using var code = LinkCode.Create(publicKey, random);
        using var joining = NewJoining.Begin(code, LinkWorld.Scope, LinkWorld.One.Device, random);

        using var psk = code.DerivePsk();
        using var state = NoisePattern.Begin(LinkWorld.Scope.Prologue(code.SessionId), psk.Span, publicKey);
        var hello = joining.Message.ToArray();
        NoisePattern.MixEphemeral(state, hello.AsSpan(0, 32));
        Assert.True(NoisePattern.TryMixAgreement(state, own, hello.AsSpan(0, 32)));
        Assert.True(state.TryDecryptAndHash([], hello.AsSpan(32)));
        byte[] answer = [.. Convert.FromHexString(key), .. new byte[16]];
        NoisePattern.MixEphemeral(state, answer.AsSpan(0, 32));
        state.MixKey(new byte[32]);
        state.EncryptAndHash(answer.AsSpan(32), []);
        joining.Receive(answer, random).Fails(LinkFailure.Handshake);
    }
}
