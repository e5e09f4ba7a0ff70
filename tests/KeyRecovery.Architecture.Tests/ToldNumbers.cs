using System.Text.RegularExpressions;

namespace KeyRecovery.Architecture.Tests;

/// <summary>
/// What others tell of times becomes one in a single place, which bounds it (F17, F18); and no HTTP client of ours
/// follows a redirect (F20).
/// </summary>
public partial class ToldNumbers
{
    private const string Door = "src/KeyRecovery.Protocol/Wire/ToldTime.cs";

    private static readonly string[] People = ["KeyRecovery.Protocol", "KeyRecovery.Client", "KeyRecovery.Cli"];

    private static readonly Dictionary<string, string> OwnTimes = new()
    {
        [Door] = "the one place",
        ["src/KeyRecovery.Cli/Commands/LinkShowCommand.cs"] = "the person's own minutes",
        ["src/KeyRecovery.Cli/Output/AuthorityTable.cs"] = "five minutes from a time that was bounded",
        ["src/KeyRecovery.Cli/Output/Countdown.cs"] = "a wait that was bounded, rounded",
    };

    private static readonly string[] Clients =
    [
        "src/KeyRecovery.Cli/Commands/OperatorApi.cs", "src/KeyRecovery.Cli/Development/DevelopmentToken.cs",
        "src/KeyRecovery.Client/Http/HttpStack.cs",
    ];

    [Fact]
    public void F17_nobody_else_makes_a_time_of_a_number() => Assert.Equal(
        OwnTimes.Keys.Order(StringComparer.Ordinal),
        Files().Where(file => Makes(Text(file))).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("TimeSpan.FromMilliseconds(told.Ms)", true)]
    [InlineData("DateTimeOffset.FromUnixTimeSeconds(at)", true)]
    [InlineData("time.AddSeconds(left)", true)]
    [InlineData("TimeSpan.FromSeconds(2.5)", false)]
    [InlineData("ToldTime.Wait(told.Ms)", false)]
    public void F17_it_would_be_found(string line, bool isFound) => Assert.Equal(isFound, Makes(line));

    [Fact]
    public void F20_every_client_says_that_it_follows_no_redirect()
    {
        // The demo speaks with a server that it has started itself.
        var found = Files().Where(file => !file.Contains("/Demo/", StringComparison.Ordinal)
            && Text(file).Contains("new HttpClient(", StringComparison.Ordinal)).ToList();
        Assert.Equal(Clients, found.Order(StringComparer.Ordinal));
        Assert.All(found, file => Assert.Contains("AllowAutoRedirect = false", Text(file), StringComparison.Ordinal));
    }

    private static IEnumerable<string> Files() => People.SelectMany(project => Repository.Files($"src/{project}"));

    private static string Text(string file) => string.Join('\n', Repository.Lines(file));

    private static bool Makes(string text) => Making().IsMatch(text);

    [GeneratedRegex(@"\bFromUnixTime(Milli)?[sS]econds\(|\bTimeSpan\.From\w+\((?!-?[\d_.]+\))"
        + @"|\.Add(Milliseconds|Seconds|Minutes|Hours|Days|Years)\(")]
    private static partial Regex Making();
}
