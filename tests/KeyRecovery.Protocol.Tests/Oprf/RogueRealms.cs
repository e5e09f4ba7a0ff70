using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Tests.Oprf;

/// <summary>A realm that answers with something other than its share's evaluation.</summary>
public sealed class RogueRealms : IDisposable
{
    private readonly OprfKeyShares _key = OprfKeyShares.Split(3, 2, new TestRandom(1));
    private readonly OprfRequest _request = OprfRequest.Blind("input"u8, new TestRandom(2));
    private readonly OprfEvaluation _honest;

    public RogueRealms() =>
        _honest = OprfServer.Evaluate(_key.Shares[0], _key.ShareKeys[0], _request.Blinded, new TestRandom(3));

    public void Dispose()
    {
        _key.Dispose();
        _request.Dispose();
    }

    [Fact]
    public void Every_flipped_bit_of_a_proof_is_noticed()
    {
        var proof = _honest.Proof.ToArray();
        var parsed = 0;
        for (var bit = 0; bit < proof.Length * 8; bit++)
        {
            var flipped = proof.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            if (!OprfProof.TryParse(flipped, out var other)) continue;
            parsed++;
            Assert.False(Accepts(_honest.Evaluated, other), $"bit {bit}");
        }

        Assert.InRange(parsed, 2 * 252, (2 * 256) - 1);
        Assert.True(Accepts(_honest.Evaluated, _honest.Proof));
    }

    [Fact]
    public void Another_element_is_noticed()
    {
        Assert.False(Accepts(_request.Blinded, _honest.Proof));
        Assert.False(Accepts(_honest.Evaluated.Multiply(OprfWorld.Scalar(2)), _honest.Proof));
        Assert.False(Accepts(_honest.Evaluated.Multiply(OprfWorld.Scalar(-1)), _honest.Proof));
        for (var seed = 0; seed < 20; seed++)
        {
            using var scalar = OprfScalar.Random(new TestRandom(seed));
            Assert.False(Accepts(scalar.PublicKey, _honest.Proof));
        }
    }

    [Fact]
    public void Another_share_is_noticed_though_its_proof_holds_for_its_own_key()
    {
        for (var other = 1; other < 3; other++)
        {
            var evaluation = OprfServer.Evaluate(
                _key.Shares[other], _key.ShareKeys[other], _request.Blinded, new TestRandom(4));
            Assert.False(_request.Verify(_key.ShareKeys[0], evaluation));
            Assert.True(_request.Verify(_key.ShareKeys[other], evaluation));
            Assert.False(_request.Verify(_key.ShareKeys[other], _honest));

            var mislabelled = OprfServer.Evaluate(
                _key.Shares[other], _key.ShareKeys[0], _request.Blinded, new TestRandom(4));
            Assert.False(_request.Verify(_key.ShareKeys[0], mislabelled));
            Assert.False(_request.Verify(_key.ShareKeys[other], mislabelled));
        }
    }

    [Fact]
    public void The_answer_to_another_request_is_noticed()
    {
        using var other = OprfRequest.Blind("input"u8, new TestRandom(5));
        Assert.False(other.Verify(_key.ShareKeys[0], _honest));
        var evaluation = OprfServer.Evaluate(_key.Shares[0], _key.ShareKeys[0], other.Blinded, new TestRandom(3));
        Assert.True(other.Verify(_key.ShareKeys[0], evaluation));
        Assert.False(_request.Verify(_key.ShareKeys[0], evaluation));
    }

    [Fact]
    public void Halves_of_two_proofs_and_zero_scalars_prove_nothing()
    {
        var again = OprfServer.Evaluate(_key.Shares[0], _key.ShareKeys[0], _request.Blinded, new TestRandom(6));
        Assert.Equal(_honest.Evaluated, again.Evaluated);
        Assert.True(_request.Verify(_key.ShareKeys[0], again));
        var (first, second) = (_honest.Proof.ToArray(), again.Proof.ToArray());
        Assert.NotEqual(first, second);
        Refused([.. first[..32], .. second[32..]]);
        Refused([.. second[..32], .. first[32..]]);
        Refused([.. first[32..], .. first[..32]]);
        Refused([.. first[..32], .. new byte[32]]);
        Refused([.. new byte[32], .. first[32..]]);
        Refused(new byte[64]);
    }

    [Fact]
    public void A_proof_of_another_mode_or_for_a_list_is_not_one_for_a_single_element()
    {
        OprfElement[] blinded = [_request.Blinded, _request.Blinded];
        OprfElement[] evaluated = [_honest.Evaluated, _honest.Evaluated];
        using var nonce = OprfScalar.Random(new TestRandom(7));
        var list = OprfDleq.Prove(_key.Shares[0].Span, _key.ShareKeys[0], blinded, evaluated, nonce.Span);
        Assert.True(OprfDleq.Verify(_key.ShareKeys[0], blinded, evaluated, list));
        Assert.False(Accepts(_honest.Evaluated, list));
        Assert.False(OprfDleq.Verify(_key.ShareKeys[0], blinded, evaluated, _honest.Proof));
        Assert.Throws<ArgumentException>(() => OprfDleq.Verify(_key.ShareKeys[0], blinded, [_honest.Evaluated], list));
        Assert.Throws<ArgumentOutOfRangeException>(() => OprfDleq.Verify(_key.ShareKeys[0], [], [], list));
    }

    [Fact]
    public void One_wrong_element_in_a_list_spoils_its_proof()
    {
        var (key, publicKey) = (_key.Shares[0].Span.ToArray(), _key.ShareKeys[0]);
        OprfElement[] blinded = [.. Enumerable.Range(1, 5).Select(i => _request.Blinded.Multiply(OprfWorld.Scalar(i)))];
        OprfElement[] evaluated = [.. blinded.Select(element => element.Multiply(key))];
        using var nonce = OprfScalar.Random(new TestRandom(8));
        var proof = OprfDleq.Prove(key, publicKey, blinded, evaluated, nonce.Span);
        Assert.True(OprfDleq.Verify(publicKey, blinded, evaluated, proof));
        for (var at = 0; at < 5; at++)
        {
            var wrong = evaluated.ToArray();
            wrong[at] = wrong[at].Multiply(OprfWorld.Scalar(2));
            Assert.False(OprfDleq.Verify(publicKey, blinded, wrong, proof));

            // A prover cannot weigh its lie away either: the weights depend on every element.
            var forged = OprfDleq.Prove(key, publicKey, blinded, wrong, nonce.Span);
            Assert.False(OprfDleq.Verify(publicKey, blinded, wrong, forged));
        }
    }

    [Fact]
    public void A_source_of_randomness_that_gives_only_zeros_is_refused()
    {
        Assert.Throws<InvalidOperationException>(
            () => OprfServer.Evaluate(_key.Shares[0], _key.ShareKeys[0], _request.Blinded, new Zeros()));
        Assert.Throws<InvalidOperationException>(() => OprfRequest.Blind("input"u8, new Zeros()));
        Assert.Throws<InvalidOperationException>(() => OprfKeyShares.Split(3, 2, new Zeros()));
    }

    private bool Accepts(OprfElement evaluated, OprfProof proof) =>
        _request.Verify(_key.ShareKeys[0], new OprfEvaluation(evaluated, proof));

    private void Refused(byte[] bytes)
    {
        Assert.True(OprfProof.TryParse(bytes, out var proof));
        Assert.False(Accepts(_honest.Evaluated, proof));
    }

    private sealed class Zeros : IRandom
    {
        public void Fill(Span<byte> destination) => destination.Clear();
    }
}
