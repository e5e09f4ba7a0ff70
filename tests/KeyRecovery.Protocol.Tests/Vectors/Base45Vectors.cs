using System.Text;
using KeyRecovery.Protocol.Linking;

namespace KeyRecovery.Protocol.Tests.Vectors;

/// <summary>RFC 9285, sections 4.3 and 4.4.</summary>
public class Base45Vectors
{
    [Theory]
    [InlineData("AB", "BB8")]
    [InlineData("Hello!!", "%69 VD92EX0")]
    [InlineData("base-45", "UJCLQE7W581")]
    [InlineData("ietf!", "QED8WEX0")]
    [InlineData("", "")]
    public void Text_of_the_standard_is_written_and_read(string plain, string encoded)
    {
        Assert.Equal(encoded, Base45.Encode("", Encoding.ASCII.GetBytes(plain)));
        Assert.True(Base45.TryDecode(encoded, out var decoded));
        Assert.Equal(plain, Encoding.ASCII.GetString(decoded));
    }

    [Theory]
    [InlineData("GGW")]
    [InlineData(":::")]
    [InlineData("::")]
    [InlineData("V5")]
    [InlineData("BB8A")]
    [InlineData("bb8")]
    [InlineData("B\n8")]
    public void Groups_above_their_bytes_and_other_characters_and_lengths_are_refused(string encoded) =>
        Assert.False(Base45.TryDecode(encoded, out _));

    [Fact]
    public void The_largest_groups_are_read()
    {
        Assert.True(Base45.TryDecode("FGW", out var pair));
        Assert.Equal([0xff, 0xff], pair);
        Assert.True(Base45.TryDecode("U5", out var single));
        Assert.Equal([0xff], single);
    }
}
