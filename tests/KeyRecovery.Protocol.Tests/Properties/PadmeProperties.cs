using CsCheck;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Tests.Properties;

public class PadmeProperties
{
    private static readonly Gen<int> AnyLength = Gen.OneOf(Gen.Int[0, 5000], Gen.Int[0, 1 << 21], Gen.Int[0, 1 << 30]);

    [Theory]
    [InlineData(0, 256)]
    [InlineData(256, 256)]
    [InlineData(257, 272)]
    [InlineData(1000, 1024)]
    [InlineData(1025, 1088)]
    [InlineData(10_000, 10_240)]
    [InlineData(1_048_577, 1_081_344)]
    public void Padded_lengths_are_those_of_the_paper_above_the_floor(int length, int expected) =>
        Assert.Equal(expected, Padme.PaddedLength(length));

    [Fact]
    public void Padding_never_shortens_costs_at_most_12_percent_and_is_its_own_fixed_point() =>
        AnyLength.Sample(length =>
        {
            var padded = Padme.PaddedLength(length);
            Assert.True(padded >= length);
            Assert.Equal(padded, Padme.PaddedLength(padded));
            if (length > Padme.Floor) Assert.True(padded <= length * 1.12, $"{length} becomes {padded}");
        });

    [Fact]
    public void Padded_lengths_grow_with_the_length_and_few_of_them_exist()
    {
        var lengths = new HashSet<int>();
        var before = 0;
        for (var length = 0; length <= 1 << 20; length++)
        {
            var padded = Padme.PaddedLength(length);
            Assert.True(padded >= before);
            before = padded;
            lengths.Add(padded);
        }

        // 8 doublings of 16 steps, 4 of 32, and the floor: a megabyte of lengths tells less than 8 bits.
        Assert.Equal(1 + (8 * 16) + (4 * 32), lengths.Count);
    }

    [Fact]
    public void Lengths_that_no_array_has_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Padme.PaddedLength(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Padme.PaddedLength(Array.MaxLength));
    }

    [Fact]
    public void What_was_padded_is_found_again() =>
        Gen.Byte.Array[0, 3000].Sample(content =>
        {
            var padded = Padme.Pad(content);
            Assert.Equal(Padme.PaddedLength(content.Length + 4), padded.Length);
            Assert.True(Padme.TryUnpad(padded, out var length));
            Assert.Equal(content, padded.AsSpan(4, length).ToArray());
        });

    [Fact]
    public void Anything_but_exact_padding_is_refused() =>
        Gen.Select(Gen.Byte.Array[0, 1000], Gen.Int[0, 2000], Gen.Byte[1, 255]).Sample((content, at, change) =>
        {
            var padded = Padme.Pad(content);
            Assert.False(Padme.TryUnpad([.. padded, 0], out _));
            Assert.False(Padme.TryUnpad(padded.AsSpan(0, padded.Length - 1), out _));

            var end = content.Length + 4;
            if (end == padded.Length) return;
            padded[end + (at % (padded.Length - end))] = change;
            Assert.False(Padme.TryUnpad(padded, out _));
        });

    [Theory]
    [InlineData(253)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void A_true_length_beyond_the_bytes_is_refused(int length)
    {
        var padded = Padme.Pad([]);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(padded, length);
        Assert.False(Padme.TryUnpad(padded, out var found));
        Assert.Equal(0, found);
    }

    [Fact]
    public void More_padding_than_needed_is_refused()
    {
        var longer = new byte[272];
        longer[3] = 1;
        Assert.False(Padme.TryUnpad(longer, out _));
        Assert.False(Padme.TryUnpad([], out _));
    }
}
