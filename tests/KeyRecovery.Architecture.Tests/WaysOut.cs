using System.Text.RegularExpressions;

namespace KeyRecovery.Architecture.Tests;

/// <summary>
/// F21: one way out to a person, which makes safe what others wrote. What could be a second one is banned in the
/// command line's project, and only the files named here may lift the ban.
/// </summary>
public partial class WaysOut
{
    private const string Project = "src/KeyRecovery.Cli";

    private static readonly Dictionary<string, string> Lifted = new()
    {
        [$"{Project}/Input/Ask.cs"] = "reads lines",
        [$"{Project}/Input/HiddenLine.cs"] = "reads keys",
        [$"{Project}/Input/InputLines.cs"] = "reads lines, byte by byte",
        [$"{Project}/Output/RawOutput.cs"] = "JSON, bytes that were asked for, dots for keys",
        [$"{Project}/Output/Terminal.cs"] = "the one way",
    };

    [Fact]
    public void F21_only_they_lift_the_ban() => Assert.Equal(
        Lifted.Keys.Order(StringComparer.Ordinal),
        Repository.Files(Project).Where(file => Text(file).Contains("RS0030", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal));

    [Fact]
    public void F21_whatever_writes_is_banned()
    {
        var banned = Repository.Lines($"{Project}/BannedSymbols.txt").Select(line => line.Split(';')[0]).ToList();
        Assert.Superset(new HashSet<string>
        {
            "T:System.Console", "T:Spectre.Console.AnsiConsole", "T:Spectre.Console.IAnsiConsole",
            "T:Spectre.Console.Text", "T:Spectre.Console.Markup", "T:Spectre.Console.Paragraph",
        }, banned.ToHashSet());
        Assert.Contains("BannedSymbols.txt", string.Join('\n', Repository.Lines($"{Project}/KeyRecovery.Cli.csproj")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void F21_nobody_else_writes() => Assert.DoesNotContain(
        Repository.Files(Project), file => !Lifted.ContainsKey(file) && Writes(Text(file)));

    [Theory]
    [InlineData("Console.Out.WriteLine(title)", true)]
    [InlineData("Console.Error.Write(title)", true)]
    [InlineData("people.Profile.Out.Writer.WriteLine(title)", true)]
    [InlineData("table.AddRow(new Text(item.Name))", true)]
    [InlineData("console.MarkupLineInterpolated($\"{title}\")", true)]
    [InlineData("new Rule(title)", true)]
    [InlineData("File.OpenWrite(\"/dev/tty\")", true)]
    [InlineData("new Rule(\"[bold]a title of our own[/]\")", false)]
    [InlineData("people.WriteLine(title)", false)]
    [InlineData("table.AddRow(Terminal.Cell(item.Name))", false)]
    public void F21_it_would_be_found(string line, bool isFound) => Assert.Equal(isFound, Writes(line));

    private static string Text(string file) => string.Join('\n', Repository.Lines(file));

    private static bool Writes(string text) => Writing().IsMatch(text);

    [GeneratedRegex(@"\bConsole\.(?!\w+;)|AnsiConsole|Profile\.Out|OpenStandard|\bnew (Text|Markup|Paragraph|Panel)\("
        + @"|Markup(Line)?(Interpolated)?\(|\bnew (Rule|TableColumn|TableTitle)\(\s*(?!"")\w|/dev/(tty|std|pts)"
        + @"|\bTextWriter\b")]
    private static partial Regex Writing();
}
