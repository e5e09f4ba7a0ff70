using KeyRecovery.Protocol.Recovery;

namespace KeyRecovery.Protocol.Tests.Vectors;

/// <summary>
/// BIP-350, "Test vectors". The rules for prefixes of others' choice (length, range, case) have no place here: ours is
/// fixed.
/// </summary>
public class Bech32mVectors
{
    [Theory]
    [InlineData("A1LQFN3A")]
    [InlineData("a1lqfn3a")]
    [InlineData("an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6")]
    [InlineData("abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx")]
    [InlineData("11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8")]
    [InlineData("split1checkupstagehandshakeupstreamerranterredcaperredlc445v")]
    [InlineData("?1v759aa")]
    public void Valid_strings_verify_and_encode_to_themselves(string text)
    {
        var (prefix, values) = Split(text.ToLowerInvariant());
        Assert.True(Bech32m.Verify(prefix, values!));

        var written = values!.ToArray();
        Array.Fill(written, (byte)0, written.Length - Bech32m.ChecksumSize, Bech32m.ChecksumSize);
        Bech32m.WriteChecksum(prefix, written);
        Assert.Equal(values, written);
    }

    [Theory]
    [InlineData("y1b0jsk6g")]
    [InlineData("lt1igcx5c0")]
    [InlineData("mm1crxm3i")]
    [InlineData("au1s5cgom")]
    public void Characters_outside_the_alphabet_have_no_value(string text) => Assert.Null(Split(text).Values);

    [Theory]
    [InlineData("in1muywd")]
    [InlineData("M1VUXWEZ")]
    public void Short_or_wrong_checksums_do_not_verify(string text)
    {
        var (prefix, values) = Split(text.ToLowerInvariant());
        Assert.False(Bech32m.Verify(prefix, values!));
    }

    /// <summary>BIP-173's own valid strings carry the older constant.</summary>
    [Theory]
    [InlineData("a12uel5l")]
    [InlineData("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw")]
    [InlineData("split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w")]
    public void Bech32_is_not_Bech32m(string text)
    {
        var (prefix, values) = Split(text);
        Assert.False(Bech32m.Verify(prefix, values!));
    }

    private static (string Prefix, byte[]? Values) Split(string text)
    {
        var at = text.LastIndexOf('1');
        var values = text[(at + 1)..].Select(Bech32m.ValueOf).ToArray();
        return (text[..at], values.Contains(-1) ? null : [.. values.Select(value => (byte)value)]);
    }
}
