using CsCheck;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Properties;

public class SealingProperties
{
    private static readonly Gen<byte[]> AnyBytes = Gen.Byte.Array[0, 300];

    [Fact]
    public void SecretBox_opens_what_it_sealed_and_nothing_that_differs_in_a_bit() =>
        Gen.Select(Gen.Byte.Array[32], AnyBytes, AnyBytes, Gen.Int[0, int.MaxValue])
            .Sample((key, aad, plaintext, seed) =>
            {
                var sealedBytes = SecretBox.Seal(key, aad, plaintext, new TestRandom(seed));
                Assert.Equal(plaintext.Length + SecretBox.Overhead, sealedBytes.Length);
                var opened = new byte[plaintext.Length];
                Assert.True(SecretBox.TryOpen(key, aad, sealedBytes, opened));
                Assert.Equal(plaintext, opened);

                Assert.False(SecretBox.TryOpen(key, aad, Flip(sealedBytes, seed), opened));
                Assert.False(SecretBox.TryOpen(Flip(key, seed), aad, sealedBytes, opened));
                Assert.False(SecretBox.TryOpen(key, [.. aad, 0], sealedBytes, opened));
                if (aad.Length > 0) Assert.False(SecretBox.TryOpen(key, Flip(aad, seed), sealedBytes, opened));
            });

    [Fact]
    public void SecretBox_refuses_every_single_flipped_bit()
    {
        var (key, plaintext) = (new byte[32], new byte[20]);
        var sealedBytes = SecretBox.Seal(key, [], plaintext, new TestRandom(1));
        for (var bit = 0; bit < sealedBytes.Length * 8; bit++)
            Assert.False(SecretBox.TryOpen(key, [], Flip(sealedBytes, bit), plaintext), $"bit {bit}");
    }

    [Fact]
    public void SecretBox_refuses_another_length_and_draws_a_new_nonce_each_time()
    {
        var random = new TestRandom(1);
        var sealedBytes = SecretBox.Seal(new byte[32], [], new byte[20], random);
        Assert.NotEqual(sealedBytes, SecretBox.Seal(new byte[32], [], new byte[20], random));
        for (var length = 0; length < sealedBytes.Length; length++)
            Assert.False(
                SecretBox.TryOpen(new byte[32], [], sealedBytes.AsSpan(0, length),
                    new byte[Math.Max(0, length - SecretBox.Overhead)]));
        Assert.False(SecretBox.TryOpen(new byte[32], [], sealedBytes, new byte[19]));
        Assert.False(SecretBox.TryOpen(new byte[32], [], sealedBytes, new byte[21]));
        Assert.Throws<ArgumentException>(() => SecretBox.Seal(new byte[31], [], [], random));
        Assert.Throws<ArgumentException>(() => SecretBox.TryOpen(new byte[33], [], sealedBytes, new byte[20]));
    }

    [Fact]
    public void SecretBox_seals_into_a_buffer_that_does_not_overlap()
    {
        var buffer = new byte[100];
        SecretBox.Seal(new byte[32], [1], buffer.AsSpan(0, 30), buffer.AsSpan(30), new TestRandom(1));
        Assert.Equal(SecretBox.Seal(new byte[32], [1], new byte[30], new TestRandom(1)), buffer[30..]);
        Assert.Throws<ArgumentException>(
            () => SecretBox.Seal(new byte[32], [], buffer.AsSpan(0, 30), buffer.AsSpan(29, 70), new TestRandom(1)));
        Assert.Throws<ArgumentException>(() => SecretBox.Seal(new byte[32], [], [], buffer, new TestRandom(1)));
    }

    [Fact]
    public void Hpke_opens_what_it_sealed_and_nothing_that_differs_in_a_bit()
    {
        using var other = KemPrivateKey.FromSeed(new TestRandom(-1).Bytes(32));
        Gen.Select(Gen.Byte.Array[32], AnyBytes, AnyBytes, AnyBytes, Gen.Int[0, int.MaxValue]).Sample(
            (seed, info, aad, plaintext, randomness) =>
            {
                using var key = KemPrivateKey.FromSeed(seed);
                var sealedBytes = Hpke.Seal(key.PublicKey, info, aad, plaintext, new TestRandom(randomness).Bytes(64));
                Assert.Equal(plaintext.Length + Hpke.Overhead, sealedBytes.Length);
                var opened = new byte[plaintext.Length];
                Assert.True(Hpke.TryOpen(key, info, aad, sealedBytes, opened));
                Assert.Equal(plaintext, opened);

                Assert.False(Hpke.TryOpen(key, info, aad, Flip(sealedBytes, randomness), opened));
                Assert.False(Hpke.TryOpen(key, [.. info, 0], aad, sealedBytes, opened));
                Assert.False(Hpke.TryOpen(key, info, [.. aad, 0], sealedBytes, opened));
                Assert.False(Hpke.TryOpen(other, info, aad, sealedBytes, opened));
            },
            iter: 50);
    }

    [Fact]
    public void Hpke_takes_an_info_longer_than_its_stack_buffer()
    {
        using var key = KemPrivateKey.FromSeed(new byte[32]);
        var info = new TestRandom(1).Bytes(5000);
        var opened = new byte[3];
        Assert.True(Hpke.TryOpen(key, info, [], Hpke.Seal(key.PublicKey, info, [], [1, 2, 3], new byte[64]), opened));
        Assert.Equal([1, 2, 3], opened);
    }

    [Fact]
    public void Hpke_refuses_other_lengths_and_a_share_of_small_order()
    {
        using var key = KemPrivateKey.FromSeed(new byte[32]);
        var sealedBytes = Hpke.Seal(key.PublicKey, [], [], [1, 2, 3], new byte[64]);
        Assert.Equal(sealedBytes, Hpke.Seal(key.PublicKey, [], [], [1, 2, 3], new byte[64]));
        Assert.False(Hpke.TryOpen(key, [], [], sealedBytes, new byte[2]));
        Assert.False(Hpke.TryOpen(key, [], [], sealedBytes.AsSpan(0, Hpke.Overhead - 1), []));
        Assert.False(Hpke.TryOpen(key, [], [], [], []));
        Assert.Throws<ArgumentException>(() => Hpke.Seal(key.PublicKey, [], [], [], new byte[63]));

        sealedBytes.AsSpan(1120 - 32, 32).Clear();
        Assert.False(Hpke.TryOpen(key, [], [], sealedBytes, new byte[3]));
    }

    [Fact]
    public void A_kem_key_that_nobody_could_seal_to_is_refused_exactly_when_libsodium_refuses_it()
    {
        using var key = KemPrivateKey.FromSeed(new byte[32]);
        var good = key.PublicKey.Span.ToArray();
        Assert.Equal(key.PublicKey, new KemPublicKey(good));

        var bad = new List<byte[]>();
        foreach (var coefficient in new[] { 0, 1, 766, 767 })
        {
            bad.Add(WithCoefficient(good, coefficient, 3329));
            bad.Add(WithCoefficient(good, coefficient, 4095));
            Assert.NotNull(new KemPublicKey(WithCoefficient(good, coefficient, 3328)));
        }

        foreach (var u in SmallOrder)
        {
            bad.Add([.. good[..1184], .. Convert.FromHexString(u)]);
            bad.Add([.. good[..1184], .. Convert.FromHexString(u)]);
            bad[^1][^1] |= 0x80;
        }

        var (ciphertext, secret) = (new byte[XWing.CiphertextSize], new byte[XWing.SharedSecretSize]);
        foreach (var bytes in bad)
        {
            Assert.Throws<WireFormatException>(() => new KemPublicKey(bytes));
            Assert.False(XWing.TryEncapsulate(ciphertext, secret, bytes, new byte[64]));
        }

        Assert.True(XWing.TryEncapsulate(ciphertext, secret, good, new byte[64]));
        Assert.Throws<WireFormatException>(() => new KemPublicKey(new byte[1215]));
        Assert.Throws<WireFormatException>(() => new KemPublicKey(new byte[1217]));
    }

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

    private static byte[] WithCoefficient(byte[] key, int index, int value)
    {
        var changed = key.ToArray();
        var at = index / 2 * 3;
        if (index % 2 == 0)
        {
            changed[at] = (byte)(value & 0xff);
            changed[at + 1] = (byte)((changed[at + 1] & 0xf0) | (value >> 8));
        }
        else
        {
            changed[at + 1] = (byte)((changed[at + 1] & 0x0f) | ((value & 0x0f) << 4));
            changed[at + 2] = (byte)(value >> 4);
        }

        return changed;
    }

    private static byte[] Flip(byte[] bytes, int bit)
    {
        var flipped = bytes.ToArray();
        var at = bit % (bytes.Length * 8);
        flipped[at / 8] ^= (byte)(1 << (at % 8));
        return flipped;
    }
}
