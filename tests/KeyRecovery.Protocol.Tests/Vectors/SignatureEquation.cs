using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vectors;

/// <summary>
/// F32: the rules by which one verifier takes a signature that another refuses. Each is refused for its rules alone,
/// and each would be taken by a verifier that lacks just them.
/// </summary>
public class SignatureEquation
{
    public static TheoryData<string> Names => [.. RogueSignatures.All().Select(rogue => rogue.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_signature_that_some_verifiers_take_is_refused(string name)
    {
        var rogue = RogueSignatures.All().Single(r => r.Name == name);
        Assert.False(IsTaken(rogue));
        // The control: nothing is wrong with it but what its rules forbid, and each of them alone suffices.
        Assert.True(Verify(rogue, Ed25519Rules.All & ~rogue.Breaks));
        foreach (var rule in Enum.GetValues<Ed25519Rules>().Where(rule => rule != 0 && rogue.Breaks.HasFlag(rule)))
            Assert.False(Verify(rogue, (Ed25519Rules.All & ~rogue.Breaks) | rule));
    }

    [Fact]
    public void Every_rule_is_broken_by_one_of_them() => Assert.Equal(
        Ed25519Rules.All, RogueSignatures.All().Aggregate(Ed25519Rules.None, (rules, rogue) => rules | rogue.Breaks));

    [Fact]
    public void The_verifier_in_plain_numbers_takes_what_ours_makes_and_nothing_changed()
    {
        for (var i = 0; i < 4; i++)
        {
            var random = new TestRandom(3400 + i);
            using var key = SigningKey.FromSeed(random.Bytes(32));
            var signature = key.Sign(SignatureLabel.Link, "body"u8);
            bool Taken(byte[] other) => Edwards25519Verifier.Verify(
                key.PublicKey.ToArray(), RogueSignatures.Message, other, Ed25519Rules.All);
            Assert.True(Taken(signature));
            Assert.False(Taken(Forge.Flip(signature, 33)));
            Assert.False(Taken(Forge.Flip(signature, 1)));
        }
    }

    private static bool Verify(RogueSignature rogue, Ed25519Rules rules) =>
        Edwards25519Verifier.Verify(rogue.Key, RogueSignatures.Message, rogue.Signature, rules);

    private static bool IsTaken(RogueSignature rogue)
    {
        try
        {
            var key = new VerifyKey(rogue.Key);
            Assert.False(key.VerifyHttp(RogueSignatures.Message, rogue.Signature));
            return key.Verify(SignatureLabel.Link, "body"u8, rogue.Signature);
        }
        catch (WireFormatException)
        {
            return false;
        }
    }
}
