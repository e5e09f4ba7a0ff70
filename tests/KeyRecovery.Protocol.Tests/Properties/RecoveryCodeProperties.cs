using CsCheck;
using KeyRecovery.Protocol.Recovery;

namespace KeyRecovery.Protocol.Tests.Properties;

public class RecoveryCodeProperties
{
    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

    [Fact]
    public void Every_code_is_read_in_any_case_and_with_any_separators() =>
        Gen.Select(Gen.Int, Gen.Bool, Gen.Bool, Gen.Int[0, Separators.Length - 1])
            .Sample((seed, upper, prefixed, separator) =>
            {
                using var code = RecoveryCode.Generate(new TestRandom(seed));
                var text = code.ToDisplayString();
                var typed = (prefixed ? text : text[4..]).Replace(" ", Separators[separator], StringComparison.Ordinal);
                using var read = Assert.IsType<RecoveryCodeParse.Ok>(
                    RecoveryCode.Parse(upper ? typed.ToUpperInvariant() : typed)).Code;
                Assert.Equal(text, read.ToDisplayString());
            });

    private static readonly string[] Separators =
        ["", " ", "-", "\r\n", "\t", " - ", "\u2013", "\u2011", "\u00a0", "\u200b", "_", "\u2212"];

    [Fact]
    public void A_prefix_whose_1_was_read_as_an_l_or_an_i_is_still_a_prefix()
    {
        foreach (var misread in new[] { "krl", "KRI", "kr1", "KR-1" })
            Assert.IsType<RecoveryCodeParse.Ok>(RecoveryCode.Parse(misread + Data(1)));
    }

    [Fact]
    public void A_code_with_the_kits_numbers_reads_as_far_as_it_goes_and_is_corrected_where_it_is_wrong()
    {
        var groups = Enumerable.Range(0, 8).Select(i => $"{i + 1}{Data(3).Substring(i * 4, 4)}").ToList();
        for (var count = 1; count < 8; count++)
            Assert.Equal(
                new RecoveryCodeParse.WrongLength(count * 4),
                RecoveryCode.Parse($"kr1\n{string.Join('\n', groups.Take(count))}"));
        var typed = $"Code: kr1 {string.Concat(groups)}";
        var wrong = typed[..^1] + (typed[^1] == 'q' ? 'p' : 'q');
        var typo = Assert.IsType<RecoveryCodeParse.Typo>(RecoveryCode.Parse(wrong));
        Assert.Equal((8, 4, typed[^1]), (typo.Group, typo.Position, typo.Suggestion));
        using var read = Assert.IsType<RecoveryCodeParse.Ok>(RecoveryCode.ParseCorrected(wrong, typo)).Code;
        Assert.Equal(Data(3), read.ToDisplayString()[4..].Replace(" ", "", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_no_text_is_told_of_and_is_no_exception()
    {
        foreach (var text in new[] { "\ud800", "kr1 \udc00qqq", "\uffff", new string('1', 5_000) })
            Assert.IsNotType<RecoveryCodeParse.Ok>(RecoveryCode.Parse(text));
    }

    [Fact]
    public void A_single_wrong_character_is_always_found_and_its_right_one_told()
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var code = Data(seed);
            for (var at = 0; at < code.Length; at++)
            {
                foreach (var wrong in Alphabet.Where(c => c != code[at]))
                {
                    var typo = Assert.IsType<RecoveryCodeParse.Typo>(RecoveryCode.Parse(With(code, at, wrong)));
                    Assert.Equal(new RecoveryCodeParse.Typo((at / 4) + 1, (at % 4) + 1, wrong, code[at]), typo);
                }
            }
        }
    }

    /// <summary>
    /// Two codes differ in five characters at least, so that a code with two wrong ones is three away from every other:
    /// it is never whole, and no single substitution makes it so. All 476,656 patterns; the checksum is linear, and
    /// what holds for one code holds for all.
    /// </summary>
    [Fact]
    public void Two_wrong_characters_are_never_taken_for_one()
    {
        var code = Data(7);
        var typed = code.ToCharArray();
        for (var i = 0; i < code.Length; i++)
        {
            for (var j = i + 1; j < code.Length; j++)
            {
                foreach (var first in Alphabet)
                {
                    foreach (var second in Alphabet)
                    {
                        if (first == code[i] || second == code[j]) continue;
                        (typed[i], typed[j]) = (first, second);
                        if (RecoveryCode.Parse(new string(typed)) is not RecoveryCodeParse.Unreadable)
                            Assert.Fail($"characters {i} and {j}");
                    }
                }

                (typed[i], typed[j]) = (code[i], code[j]);
            }
        }
    }

    /// <summary>
    /// Three wrong ones are never taken for a single one either; four may be, and are asked about, but never accepted.
    /// </summary>
    [Fact]
    public void Up_to_four_wrong_characters_never_make_a_code()
    {
        var random = new Random(1);
        var codes = Enumerable.Range(0, 50).Select(Data).ToArray();
        var places = Enumerable.Range(0, 32).ToArray();
        for (var sample = 0; sample < 200_000; sample++)
        {
            var typed = codes[sample % codes.Length].ToCharArray();
            var errors = 3 + (sample % 2);
            random.Shuffle(places);
            foreach (var at in places.Take(errors))
                typed[at] = Alphabet[(Alphabet.IndexOf(typed[at], StringComparison.Ordinal) + random.Next(1, 32)) % 32];
            var parse = RecoveryCode.Parse(new string(typed));
            Assert.False(parse is RecoveryCodeParse.Ok or RecoveryCodeParse.UnknownVersion);
            if (errors == 3) Assert.IsType<RecoveryCodeParse.Unreadable>(parse);
        }
    }

    [Fact]
    public void Two_neighbours_that_changed_places_are_noticed()
    {
        var code = Data(3);
        for (var at = 0; at + 1 < code.Length; at++)
        {
            if (code[at] == code[at + 1]) continue;
            Assert.IsType<RecoveryCodeParse.Unreadable>(
                RecoveryCode.Parse(With(With(code, at, code[at + 1]), at + 1, code[at])));
        }
    }

    [Theory]
    [InlineData('b')]
    [InlineData('i')]
    [InlineData('O')]
    [InlineData('1')]
    [InlineData('.')]
    [InlineData('ß')]
    public void A_character_that_no_code_has_is_shown_where_it_stands(char character)
    {
        var code = Data(1);
        for (var at = 0; at < code.Length; at++)
            Assert.Equal(new RecoveryCodeParse.UnreadableCharacter((at / 4) + 1, (at % 4) + 1, character),
                RecoveryCode.Parse("kr1" + With(code, at, character)));
    }

    [Fact]
    public void A_wrong_length_is_said_as_such()
    {
        var code = Data(1);
        Assert.Equal(new RecoveryCodeParse.WrongLength(0), RecoveryCode.Parse(""));
        Assert.Equal(new RecoveryCodeParse.WrongLength(0), RecoveryCode.Parse(" kr1 "));
        for (var length = 0; length < 32; length++)
            Assert.Equal(new RecoveryCodeParse.WrongLength(length), RecoveryCode.Parse(code.AsSpan()[..length]));
        Assert.Equal(new RecoveryCodeParse.WrongLength(33), RecoveryCode.Parse("kr1 " + code + "q"));
        Assert.Equal(new RecoveryCodeParse.WrongLength(29), RecoveryCode.Parse("kr1 " + code[..29]));
    }

    [Fact]
    public void A_whole_code_of_a_later_version_is_no_typo()
    {
        for (var version = 1; version < 4; version++)
        {
            var values = new byte[RecoveryCode.Characters];
            values[0] = (byte)(version << 3);
            Bech32m.WriteChecksum(RecoveryCode.Prefix, values);
            var text = string.Concat(values.Select(value => Alphabet[value]));
            Assert.IsType<RecoveryCodeParse.UnknownVersion>(RecoveryCode.Parse(text));
        }
    }

    [Fact]
    public void Any_text_at_all_has_an_answer() =>
        Gen.String.Sample(text => Assert.IsNotType<RecoveryCodeParse.Ok>(RecoveryCode.Parse(text)));

    private static string Data(int seed)
    {
        using var code = RecoveryCode.Generate(new TestRandom(seed));
        return code.ToDisplayString()[4..].Replace(" ", "", StringComparison.Ordinal);
    }

    private static string With(string text, int at, char character) => $"{text[..at]}{character}{text[(at + 1)..]}";
}
