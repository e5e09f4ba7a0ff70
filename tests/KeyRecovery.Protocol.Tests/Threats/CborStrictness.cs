using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Threats;

public class CborStrictness
{
    [Fact]
    public void An_object_has_the_bytes_that_RFC_8949_gives_it()
    {
        var bytes = new CborOut().Array(6).Text("a").Bytes([1, 2]).UInt(23).UInt(24).Array(0).Array(1)
            .UInt(CborOut.MaxInteger).ToArray();
        Assert.Equal(
            "866161" + "420102" + "17" + "1818" + "80" + "81" + "1b001fffffffffffff", Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void Ids_and_hashes_are_byte_strings()
    {
        var (id, hash) = (new TestRandom(1).Bytes(16), new TestRandom(2).Bytes(32));
        var bytes = new CborOut().Array(4)
            .Bytes(new AccountId(id)).Bytes(new AuthorityId(id)).Bytes(new ItemId(id))
            .Bytes(new Hash256(hash)).ToArray();
        var reader = new CborIn(bytes);
        reader.Array(4);
        Assert.Equal(new AccountId(id), reader.Account());
        Assert.Equal(new AuthorityId(id), reader.Authority());
        Assert.Equal(new ItemId(id), reader.Item());
        Assert.Equal(new Hash256(hash), reader.Hash());
        reader.End();
    }

    [Theory]
    [InlineData("1817", "an integer in two bytes where one does")]
    [InlineData("190018", "an integer in three bytes where two do")]
    [InlineData("1a00000018", "an integer in five bytes")]
    [InlineData("1b0000000000000018", "an integer in nine bytes")]
    [InlineData("1b0020000000000000", "2^53")]
    [InlineData("1bffffffffffffffff", "2^64 - 1")]
    [InlineData("20", "a negative integer")]
    [InlineData("c117", "a tag")]
    [InlineData("f6", "null")]
    [InlineData("f7", "undefined")]
    [InlineData("f5", "true")]
    [InlineData("e0", "a simple value")]
    [InlineData("f90000", "a half float")]
    [InlineData("fa00000000", "a float")]
    [InlineData("fb0000000000000000", "a double")]
    [InlineData("a0", "a map")]
    [InlineData("80", "an array")]
    [InlineData("40", "bytes")]
    [InlineData("60", "text")]
    [InlineData("ff", "a break")]
    [InlineData("1c", "a reserved head")]
    [InlineData("18", "a head cut short")]
    [InlineData("", "nothing")]
    [InlineData("1717", "something left over")]
    public void No_integer(string hex, string what) => Refused(hex, reader => reader.UInt(), what);

    [Theory]
    [InlineData("5803010203", "a length in two bytes where one does")]
    [InlineData("590003010203", "a length in three bytes")]
    [InlineData("5b0000000000000003010203", "a length in nine bytes")]
    [InlineData("5f43010203ff", "an indefinite length")]
    [InlineData("430102", "bytes cut short")]
    [InlineData("c243010203", "a bignum")]
    [InlineData("63616263", "text")]
    [InlineData("4301020300", "something left over")]
    public void No_bytes(string hex, string what) => Refused(hex, reader => reader.Bytes(3), what);

    [Theory]
    [InlineData("7803616263", "a length in two bytes where one does")]
    [InlineData("7f63616263ff", "an indefinite length")]
    [InlineData("63ed a080", "a surrogate in UTF-8")]
    [InlineData("63c08080", "an overlong zero")]
    [InlineData("636162ff", "a byte that UTF-8 has not")]
    [InlineData("6361e282", "a character cut short")]
    [InlineData("43616263", "bytes")]
    public void No_text(string hex, string what) => Refused(hex, reader => reader.Text(3, 3), what);

    [Theory]
    [InlineData("9f0102ff", "an indefinite length")]
    [InlineData("98020102", "a length in two bytes where one does")]
    [InlineData("8101", "an element too few")]
    [InlineData("83010203", "an element too many")]
    [InlineData("820102f6", "something left over")]
    [InlineData("a10102", "a map")]
    [InlineData("8201", "an array cut short")]
    public void No_pair(string hex, string what) => Refused(
        hex,
        reader =>
        {
            reader.Array(2);
            reader.UInt();
            reader.UInt();
        },
        what);

    [Fact]
    public void The_same_readers_accept_the_strict_forms()
    {
        Accepted("1818", reader => Assert.Equal(24UL, reader.UInt()));
        Accepted("1b001fffffffffffff", reader => Assert.Equal(CborOut.MaxInteger, reader.UInt()));
        Accepted("43010203", reader => Assert.Equal([1, 2, 3], reader.Bytes(3)));
        Accepted("63e282ac", reader => Assert.Equal("€", reader.Text(3, 3)));
        Accepted("63616263", reader => reader.Label("abc"));
        Accepted("820102", reader =>
        {
            Assert.Equal(2, reader.Array(1, 3));
            reader.UInt();
            reader.UInt();
        });
    }

    [Fact]
    public void A_label_is_exactly_the_one_expected()
    {
        foreach (var wrong in new[] { "", "ab", "abcd", "abd", "ABC" })
            Assert.Throws<WireFormatException>(() => new CborIn(new CborOut().Text(wrong).ToArray()).Label("abc"));
    }

    [Fact]
    public void Lengths_and_integers_keep_their_bounds()
    {
        var bytes = new CborOut().Bytes([1, 2, 3]).ToArray();
        Assert.Throws<WireFormatException>(() => new CborIn(bytes).Bytes(4, 9));
        Assert.Throws<WireFormatException>(() => new CborIn(bytes).Bytes(0, 2));
        Assert.Throws<WireFormatException>(() => new CborIn(bytes).BytesView(4, 4));
        Assert.Throws<WireFormatException>(() => new CborIn(new CborOut().UInt(11).ToArray()).UInt(10));
        Assert.Equal(10UL, new CborIn(new CborOut().UInt(10).ToArray()).UInt(10));
    }

    [Fact]
    public void An_array_that_is_not_read_to_its_end_is_something_left_over()
    {
        var reader = new CborIn(Convert.FromHexString("820102"));
        reader.Array(2);
        reader.UInt();
        Assert.Throws<WireFormatException>(reader.End);
    }

    [Fact]
    public void Eight_arrays_nest_and_nine_do_not()
    {
        Accepted(string.Concat(Enumerable.Repeat("81", 8)) + "00", reader => Nest(reader, 8));
        Assert.Throws<WireFormatException>(
            () => Nest(new CborIn(Convert.FromHexString(string.Concat(Enumerable.Repeat("81", 9)) + "00")), 9));

        var writer = new CborOut();
        for (var depth = 0; depth < 8; depth++) writer.Array(1);
        Assert.Throws<InvalidOperationException>(() => writer.Array(1));
    }

    [Theory]
    [InlineData("5a7fffffff")]
    [InlineData("5b7fffffffffffffff")]
    [InlineData("9a7fffffff")]
    [InlineData("9bffffffffffffffff")]
    [InlineData("7a7fffffff")]
    public void A_claimed_length_takes_no_memory(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        Read();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Read();
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 64 * 1024);

        void Read()
        {
            Assert.Throws<WireFormatException>(() => new CborIn(bytes).Bytes(0, int.MaxValue));
            Assert.Throws<WireFormatException>(() => new CborIn(bytes).Text(0, int.MaxValue));
            Assert.Throws<WireFormatException>(() => new CborIn(bytes).Array(0, int.MaxValue));
        }
    }

    [Fact]
    public void A_view_is_a_slice_of_the_input()
    {
        var input = new CborOut().Bytes([1, 2, 3]).ToArray();
        var view = new CborIn(input).BytesView(0, 3);
        input[1] = 9;
        Assert.Equal([9, 2, 3], view.ToArray());
    }

    [Fact]
    public void The_writer_refuses_what_the_reader_would()
    {
        Assert.Throws<ArgumentException>(() => new CborOut().UInt(CborOut.MaxInteger + 1));
        Assert.Throws<ArgumentException>(() => new CborOut().Text("\ud800"));
        Assert.Throws<InvalidOperationException>(() => new CborOut().ToArray());
        Assert.Throws<InvalidOperationException>(() => new CborOut().Array(2).UInt(1).ToArray());
        Assert.Throws<InvalidOperationException>(() => new CborOut().Array(1).UInt(1).UInt(2));
    }

    private static void Nest(CborIn reader, int depth)
    {
        for (var level = 0; level < depth; level++) reader.Array(1);
        reader.UInt();
    }

    private static void Refused(string hex, Action<CborIn> read, string what)
    {
        var reader = new CborIn(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
        var error = Record.Exception(() =>
        {
            read(reader);
            reader.End();
        });
        Assert.True(error is WireFormatException, $"{what}: {error?.ToString() ?? "accepted"}");
    }

    private static void Accepted(string hex, Action<CborIn> read)
    {
        var reader = new CborIn(Convert.FromHexString(hex));
        read(reader);
        reader.End();
    }
}
