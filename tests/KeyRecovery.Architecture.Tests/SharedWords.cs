using System.Text.RegularExpressions;

namespace KeyRecovery.Architecture.Tests;

/// <summary>The words that client and server both use stand in one place, and docs/protocol.md lists them.</summary>
public partial class SharedWords
{
    private const string ProblemTypes = "src/KeyRecovery.Protocol/Wire/ProblemTypes.cs";
    private const string RuleWords = "src/KeyRecovery.Protocol/Vault/RuleWords.cs";
    private const string HeaderNames = "src/KeyRecovery.Protocol/Wire/HeaderNames.cs";

    // Words of one part, such as "conflict", may well mean something else.
    private static readonly string[] Shared =
        [.. Words(ProblemTypes).Concat(Words(RuleWords)).Concat(Words(HeaderNames)).Where(word => word.Contains('-'))];

    [Theory]
    [InlineData(ProblemTypes, "| type | status | means |")]
    [InlineData(RuleWords, "| rule | what was broken |")]
    [InlineData(HeaderNames, "| field | in | what |")]
    public void The_page_lists_the_words_that_the_programs_use(string file, string heading)
    {
        var words = Words(file).Order(StringComparer.Ordinal).ToList();
        Assert.True(words.Count >= 5);
        Assert.Equal(words.Distinct(), words);
        Assert.Equal(words, Table(heading).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_fault_has_its_word()
    {
        var faults = Faults().Matches(Text("src/KeyRecovery.Protocol/Vault/ProtocolFault.cs"))
            .Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal).ToList();
        Assert.Contains("ItemHash", faults);
        Assert.Equal(
            faults,
            Rows().Matches(Text(RuleWords)).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Nobody_spells_such_a_word_on_their_own()
    {
        var files = Repository.Files("src")
            .Where(file => !file.StartsWith("src/KeyRecovery.Protocol/", StringComparison.Ordinal)).ToList();
        Assert.True(files.Count > 80);
        Assert.Empty(files.SelectMany(file => Spelled(Text(file)).Select(word => $"{file} spells {word}")));

        Assert.Equal(
            ["stale-version", "peer-network"],
            Spelled("""case Answer.Problem { Type: "stale-version" }: return Headers["peer-network"] + "version";"""));
    }

    private static IEnumerable<string> Spelled(string text) => Literals().Matches(text)
        .Select(match => match.Groups[1].Value)
        .Where(literal => Shared.Contains(literal, StringComparer.OrdinalIgnoreCase));

    private static IEnumerable<string> Words(string file) =>
        Constants().Matches(Text(file)).Select(match => match.Groups[1].Value).Where(word => !word.EndsWith(':'));

    private static IEnumerable<string> Table(string heading) => Repository.Lines("docs/protocol.md")
        .SkipWhile(line => line != heading).Skip(2).TakeWhile(line => line.StartsWith('|'))
        .Select(line => FirstCell().Match(line).Groups[1].Value);

    private static string Text(string file) => string.Join('\n', Repository.Lines(file));

    [GeneratedRegex("""= "([^"]+)"[;,]""")]
    private static partial Regex Constants();

    [GeneratedRegex(@"\[ProtocolFault\.(\w+)\] = ")]
    private static partial Regex Rows();

    // All but None, which is given its number.
    [GeneratedRegex(@"^    (\w+),$", RegexOptions.Multiline)]
    private static partial Regex Faults();

    [GeneratedRegex("""
        "([A-Za-z-]+)"
        """)]
    private static partial Regex Literals();

    [GeneratedRegex(@"^\| `([^`]+)` \|")]
    private static partial Regex FirstCell();
}
