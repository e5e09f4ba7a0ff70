using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>What a person may call an item or a device (docs/protocol.md §5).</summary>
public class GivenNameTests
{
    [Theory]
    [InlineData("notes", "notes")]
    [InlineData("cafe\u0301", "caf\u00e9")]
    [InlineData("\u212b", "\u00c5")]
    [InlineData("\U0001F469\u200d\U0001F469\u200d\U0001F467", "\U0001F469\u200d\U0001F469\u200d\U0001F467")]
    [InlineData("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")]
    [InlineData(" a ", " a ")]
    public void A_name_has_one_spelling(string given, string name)
    {
        Assert.Equal((name, GivenNameFault.None), GivenName.Read(given));
        Assert.True(GivenName.AreSame(given, name));
    }

    [Theory]
    [InlineData("", GivenNameFault.Empty)]
    [InlineData(" \u00a0\u2003", GivenNameFault.Invisible)]
    [InlineData("\u200b\u200d", GivenNameFault.Invisible)]
    [InlineData("\ufe0f\u0301", GivenNameFault.Invisible)]
    [InlineData("\u3164", GivenNameFault.Invisible)]
    [InlineData("a\nb", GivenNameFault.ControlCharacter)]
    [InlineData("a\u001b[2J", GivenNameFault.ControlCharacter)]
    [InlineData("a\u0085", GivenNameFault.ControlCharacter)]
    [InlineData("a\u2028b", GivenNameFault.ControlCharacter)]
    [InlineData("gpj.\u202eexe", GivenNameFault.ControlCharacter)]
    [InlineData("\u2066a\u2069", GivenNameFault.ControlCharacter)]
    public void What_is_not_seen_or_moves_the_writing_is_no_name(string given, GivenNameFault fault) =>
        Assert.Equal((null, fault), GivenName.Read(given));

    [Fact]
    public void Its_size_is_that_of_the_one_spelling()
    {
        // Composed they are 2 bytes each, apart 3.
        var apart = string.Concat(Enumerable.Repeat("e\u0301", Limits.NameBytes / 2));
        Assert.Equal(GivenNameFault.None, GivenName.Read(apart).Fault);
        Assert.Equal(GivenNameFault.TooLong, GivenName.Read(apart + "a").Fault);
    }

    [Fact]
    public void What_is_no_text_is_no_name_and_is_compared_as_it_is()
    {
        foreach (var half in new[] { "a\ud800", "\udc00" })
            Assert.Equal((null, GivenNameFault.NotText), GivenName.Read(half));
        Assert.True(GivenName.AreSame("a\ud800", "a\ud800"));
        Assert.False(GivenName.AreSame("a\ud800", "a\ud801"));
        Assert.False(GivenName.AreSame("e\u0301", "e"));
    }
}
