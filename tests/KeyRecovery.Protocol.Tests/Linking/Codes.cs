using KeyRecovery.Protocol.Linking;

namespace KeyRecovery.Protocol.Tests.Linking;

/// <summary>What people and cameras make of a code.</summary>
public class Codes
{
    private const string App = TestAccount.DefaultApp;
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    [Fact]
    public void A_scanned_code_is_read_with_white_space_around_it_and_names_the_same_session()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            using var displaying = ExistingDisplaying.Begin(LinkWorld.Scope, new TestRandom(seed));
            var text = displaying.Code.ToQrText();
            Assert.Equal(103, text.Length);
            using var read = Assert.IsType<LinkCodeParse.Ok>(LinkCode.Parse($" {text}\r\n")).Code;
            Assert.Equal((text, displaying.Code.SessionId), (read.ToQrText(), read.SessionId));
            using var mine = displaying.Code.DeriveJoinToken();
            using var theirs = read.DeriveJoinToken();
            Assert.Equal(mine.Span.ToArray(), theirs.Span.ToArray());
        }
    }

    [Fact]
    public void What_is_no_code_is_called_by_what_it_is()
    {
        using var displaying = ExistingDisplaying.Begin(LinkWorld.Scope, new TestRandom(1));
        var text = displaying.Code.ToQrText();
        Assert.IsType<LinkCodeParse.NotALinkCode>(LinkCode.Parse(""));
        Assert.IsType<LinkCodeParse.NotALinkCode>(LinkCode.Parse("https://evil.example/KRL1:"));
        Assert.IsType<LinkCodeParse.NotALinkCode>(LinkCode.Parse(text.ToLowerInvariant()));
        Assert.IsType<LinkCodeParse.UnknownVersion>(LinkCode.Parse("KRL2:ABC"));
        Assert.IsType<LinkCodeParse.UnknownVersion>(LinkCode.Parse("KRL1:" + Base45.Encode("", [2, .. new byte[64]])));
        Assert.IsType<LinkCodeParse.Unreadable>(LinkCode.Parse("KRL1:"));
        for (var length = 5; length < text.Length; length++)
            Assert.IsNotType<LinkCodeParse.Ok>(LinkCode.Parse(text.AsSpan()[..length]));
        Assert.IsType<LinkCodeParse.Unreadable>(LinkCode.Parse(text + "00"));
    }

    [Fact]
    public void A_typed_code_is_read_in_any_case_with_any_separators_and_with_letters_for_digits()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            using var code = TypedLinkCode.Generate(new TestRandom(seed));
            var text = code.ToDisplayString();
            Assert.Matches("^[0-9A-Z]{4} [0-9A-Z]{4} [0-9A-Z]{4} [0-9A-Z]{4} [0-9A-Z]$", text);
            Assert.Equal(code.Nameplate, text[..4]);
            foreach (var typed in new[]
            {
                text, text.ToLowerInvariant(), text.Replace(" ", "", StringComparison.Ordinal), text.Replace(' ', '-'),
                text.Replace('1', 'I').Replace('0', 'o'), text.Replace('1', 'l').Replace('0', 'O') + "\n",
            })
            {
                using var read = Assert.IsType<TypedLinkCodeParse.Ok>(TypedLinkCode.Parse(typed)).Code;
                Assert.Equal(text, read.ToDisplayString());
            }
        }
    }

    [Fact]
    public void A_wrong_character_and_two_that_changed_places_are_noticed_but_0_for_Z()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            using var code = TypedLinkCode.Generate(new TestRandom(seed));
            var text = code.ToDisplayString().Replace(" ", "", StringComparison.Ordinal);
            for (var at = 0; at < text.Length; at++)
            {
                foreach (var wrong in Alphabet.Where(c => c != text[at]))
                {
                    var blind = (text[at], wrong) is ('0', 'Z') or ('Z', '0');
                    using var read =
                        (TypedLinkCode.Parse($"{text[..at]}{wrong}{text[(at + 1)..]}") as TypedLinkCodeParse.Ok)?.Code;
                    Assert.Equal(blind && at < 16, read is not null);
                }

                if (at + 1 >= 16 || text[at] == text[at + 1]
                    || (text[at], text[at + 1]) is ('0', 'Z') or ('Z', '0')) continue;
                Assert.IsType<TypedLinkCodeParse.Mistyped>(
                    TypedLinkCode.Parse($"{text[..at]}{text[at + 1]}{text[at]}{text[(at + 2)..]}"));
            }
        }
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("0000 0000 0000 0000", 16)]
    [InlineData("0000 0000 0000 0000 00", 18)]
    public void A_wrong_length_is_said_as_such(string text, int characters) =>
        Assert.Equal(new TypedLinkCodeParse.WrongLength(characters), TypedLinkCode.Parse(text));

    [Theory]
    [InlineData('U')]
    [InlineData('u')]
    [InlineData('*')]
    [InlineData('é')]
    [InlineData('\u0131')]
    [InlineData('\u0660')]
    public void A_character_that_no_code_has_is_shown_where_it_stands(char character) =>
        Assert.Equal(
            new TypedLinkCodeParse.UnreadableCharacter(2, 3, character), TypedLinkCode.Parse($"0000-00{character}0"));

    [Fact]
    public void An_envelope_opens_under_its_own_secret_app_and_nameplate_only()
    {
        using var displaying = ExistingDisplaying.Begin(LinkWorld.Scope, new TestRandom(1));
        using var typed = TypedLinkCode.Generate(new TestRandom(2));
        using var other = TypedLinkCode.Generate(new TestRandom(3));
        var envelope = typed.SealEnvelope(App, displaying.Code, new TestRandom(4));
        Assert.IsType<LinkCodeParse.Ok>(typed.OpenEnvelope(App, envelope));
        Assert.IsType<LinkCodeParse.WrongSecret>(typed.OpenEnvelope("wallet.example", envelope));
        Assert.IsType<LinkCodeParse.WrongSecret>(other.OpenEnvelope(App, envelope));
        Assert.IsType<LinkCodeParse.WrongSecret>(typed.OpenEnvelope(App, Forge.Flip(envelope, 60)));
        Assert.IsType<LinkCodeParse.WrongSecret>(typed.OpenEnvelope(App, envelope.AsSpan(1)));
    }

    [Theory]
    [InlineData("123456", true)]
    [InlineData("000000", true)]
    [InlineData(" 12-34 56\n", true)]
    [InlineData("12345", false)]
    [InlineData("1234567", false)]
    [InlineData("12345x", false)]
    [InlineData("+12345", false)]
    [InlineData("\u0661\u0662\u0663\u0664\u0665\u0666", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Digits_are_six_ascii_digits(string? typed, bool right)
    {
        Assert.Equal(right, LinkDigits.TryParse(typed, out var digits));
        if (right) Assert.Equal(6, digits.ToDisplayString().Length);
    }
}
