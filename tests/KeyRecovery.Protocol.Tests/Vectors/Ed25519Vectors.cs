using System.Numerics;
using System.Text;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vectors;

public class Ed25519Vectors
{
    private static readonly BigInteger P = Edwards25519.P;
    private static readonly BigInteger L = Edwards25519.L;

    /// <summary>
    /// RFC 8032 §7.1: TEST 1, 2, 3 and SHA(abc). The signature base of a request is the one thing signed without a
    /// label.
    /// </summary>
    public static TheoryData<string, string, string, string> Rfc8032 => new()
    {
        {
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f05"
            + "95bbe24655141438e7a100b"
        },
        {
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb"
            + "4302aeeb00d291612bb0c00"
        },
        {
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e97"
            + "16ed28dc027beceea1ec40a"
        },
        {
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d44236"
            + "43ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c1"
            + "38ac17ad9bef1177331a704"
        },
    };

    [Theory]
    [MemberData(nameof(Rfc8032))]
    public void Keys_and_signatures_are_those_of_RFC_8032(
        string seed, string publicKey, string message, string signature)
    {
        using var key = SigningKey.FromSeed(Convert.FromHexString(seed));
        Assert.Equal(publicKey, Convert.ToHexStringLower(key.PublicKey.ToArray()));
        Assert.Equal(signature, Convert.ToHexStringLower(key.SignHttp(Convert.FromHexString(message))));
        var read = new VerifyKey(Convert.FromHexString(publicKey));
        Assert.Equal(key.PublicKey, read);
        Assert.True(read.VerifyHttp(Convert.FromHexString(message), Convert.FromHexString(signature)));
    }

    [Fact]
    public void What_is_signed_is_label_then_zero_byte_then_body()
    {
        using var key = SigningKey.FromSeed(new byte[32]);
        var framed = Encoding.UTF8.GetBytes("keyrecovery/v1/link-possession\0body");
        Assert.Equal(key.SignHttp(framed), key.Sign(SignatureLabel.LinkPossession, "body"u8));
    }

    [Theory]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000080")]
    [InlineData("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")]
    [InlineData("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85")]
    [InlineData("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")]
    [InlineData("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")]
    public void The_eight_points_of_small_order_are_no_keys(string point) =>
        Assert.Throws<WireFormatException>(() => new VerifyKey(Convert.FromHexString(point)));

    [Fact]
    public void Encodings_that_are_not_canonical_are_no_keys()
    {
        for (var y = P; y < BigInteger.Pow(2, 255); y++)
        {
            Assert.Throws<WireFormatException>(() => new VerifyKey(Encode(y, sign: false)));
            Assert.Throws<WireFormatException>(() => new VerifyKey(Encode(y, sign: true)));
        }

        // x = 0 has no negative.
        Assert.Throws<WireFormatException>(() => new VerifyKey(Encode(BigInteger.One, sign: true)));
        Assert.Throws<WireFormatException>(() => new VerifyKey(Encode(P - 1, sign: true)));
    }

    [Fact]
    public void A_key_with_a_component_of_small_order_is_no_key()
    {
        using var honest = SigningKey.FromSeed(new byte[32]);
        var (y, sign) = Decode(honest.PublicKey.ToArray());
        Assert.Equal(honest.PublicKey, new VerifyKey(Encode(y, sign)));

        // (x, y) + (0, -1) = (-x, -y): the key plus the point of order 2.
        Assert.Throws<WireFormatException>(() => new VerifyKey(Encode(P - y, !sign)));
    }

    [Fact]
    public void Bytes_that_are_no_point_are_no_key()
    {
        // Half of all y have no x.
        var refused = Enumerable.Range(2, 64)
            .Count(y => Record.Exception(() => new VerifyKey(Encode(y, false))) is WireFormatException);
        Assert.InRange(refused, 32, 64);
        Assert.Throws<WireFormatException>(() => new VerifyKey(new byte[31]));
        Assert.Throws<WireFormatException>(() => new VerifyKey(new byte[33]));
    }

    [Fact]
    public void A_signature_has_one_spelling()
    {
        using var key = SigningKey.FromSeed(new byte[32]);
        var signature = key.Sign(SignatureLabel.Link, "body"u8);
        Assert.True(key.PublicKey.Verify(SignatureLabel.Link, "body"u8, signature));

        var s = new BigInteger(signature.AsSpan(32), isUnsigned: true);
        byte[] malleated = [.. signature[..32], .. Encode(s + L, sign: false)];
        Assert.False(key.PublicKey.Verify(SignatureLabel.Link, "body"u8, malleated));
        Assert.False(key.PublicKey.Verify(SignatureLabel.Link, "body"u8, [.. signature, 0]));
        Assert.False(key.PublicKey.Verify(SignatureLabel.Link, "body"u8, signature.AsSpan(0, 63)));
        Assert.False(key.PublicKey.Verify(SignatureLabel.Link, "body"u8, []));
    }

    [Fact]
    public void A_signature_needs_a_label()
    {
        using var key = SigningKey.FromSeed(new byte[32]);
        Assert.Throws<InvalidOperationException>(() => key.Sign(default, "body"u8));
        Assert.Throws<InvalidOperationException>(() => key.PublicKey.Verify(default, "body"u8, new byte[64]));
    }

    private static byte[] Encode(BigInteger y, bool sign)
    {
        var bytes = new byte[32];
        Assert.True(y.TryWriteBytes(bytes, out _, isUnsigned: true));
        if (sign) bytes[31] |= 0x80;
        return bytes;
    }

    private static (BigInteger Y, bool Sign) Decode(byte[] bytes)
    {
        var sign = (bytes[31] & 0x80) != 0;
        bytes[31] &= 0x7f;
        return (new BigInteger(bytes, isUnsigned: true), sign);
    }
}
