using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Protocol.Primitives;
using NSec.Cryptography;

namespace KeyRecovery.Protocol.Tests.Vectors;

public class SymmetricVectors
{
    [Fact]
    public void XChaCha20_Poly1305_is_that_of_draft_irtf_cfrg_xchacha_A_3_1()
    {
        var key = Convert.FromHexString("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
        var nonce = Convert.FromHexString("404142434445464748494a4b4c4d4e4f5051525354555657");
        var aad = Convert.FromHexString("50515253c0c1c2c3c4c5c6c7");
        var plaintext = Encoding.ASCII.GetBytes(
            "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen "
            + "would be it.");
        const string expected =
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39"
            + "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
            + "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49";

        var sealedBytes = SecretBox.Seal(key, aad, plaintext, new FixedRandom(nonce));
        Assert.Equal(Convert.ToHexStringLower(nonce) + expected, Convert.ToHexStringLower(sealedBytes));
    }

    /// <summary>
    /// RFC 5869 has no SHA-512 cases: its inputs, with outputs that circulate for SHA-512 and that libsodium confirms.
    /// </summary>
    [Theory]
    [InlineData(
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
        "832390086cda71fb47625bb5ceb168e4c8e26a1a16ed34d9fc7fe92c1481579338da362cb8d9f925d7cb")]
    [InlineData(
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
        "f5fa02b18298a72a8c23898a8703472c6eb179dc204c03425c970e3b164bf90fff22d04836d0e2343bac")]
    public void Kdf_is_HKDF_SHA_512(string secret, string salt, string info, string expected)
    {
        var output = new byte[expected.Length / 2];
        Kdf.Derive(Convert.FromHexString(secret), Convert.FromHexString(salt), Convert.FromHexString(info), output);
        Assert.Equal(expected, Convert.ToHexStringLower(output));
        Assert.Equal(
            output, ByPlatform(Convert.FromHexString(secret), Convert.FromHexString(salt), Convert.FromHexString(info),
                output.Length));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(Kdf.MaxLength)]
    public void Every_overload_of_Kdf_agrees_with_libsodium(int length)
    {
        var (secret, salt) = (new TestRandom(1).Bytes(32), new TestRandom(2).Bytes(16));
        var info = Encoding.UTF8.GetBytes(Labels.ItemKey);

        var output = new byte[length];
        Kdf.Derive(secret, info, output);
        Assert.Equal(ByPlatform(secret, [], info, length), output);
        using var unsalted = Kdf.Derive(secret, info, length);
        Assert.Equal(output, unsalted.Span.ToArray());
        using var once = new KdfKey(secret);
        var again = new byte[length];
        once.Derive(info, again);
        Assert.Equal(output, again);
        using var held = once.Derive(info, length);
        Assert.Equal(output, held.Span.ToArray());
        using var salted = Kdf.Derive(secret, salt, info, length);
        Assert.Equal(ByPlatform(secret, salt, info, length), salted.Span.ToArray());
    }

    [Fact]
    public void Kdf_refuses_lengths_that_HKDF_cannot_give()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Kdf.Derive([1], [], Span<byte>.Empty));
        Assert.Throws<ArgumentOutOfRangeException>(() => Kdf.Derive([1], [], Kdf.MaxLength + 1));
    }

    // Another implementation: ours is libsodium's, the platform's is OpenSSL's.
    private static byte[] ByPlatform(byte[] secret, byte[] salt, byte[] info, int length) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA512, secret, length, salt, info);

    private sealed class FixedRandom(byte[] bytes) : IRandom
    {
        public void Fill(Span<byte> destination)
        {
            Assert.Equal(bytes.Length, destination.Length);
            bytes.CopyTo(destination);
        }
    }
}
