using System.Text.RegularExpressions;

namespace KeyRecovery.Architecture.Tests;

/// <summary>
/// Each test that docs/threat-model.md names for a promise is there: in that suite, a class or a folder.
/// </summary>
public sealed partial class ThreatModelPage
{
    [Fact]
    public void What_shows_a_promise_is_there()
    {
        var page = Repository.Lines("docs/threat-model.md");
        Assert.Empty(Faults(page));
        // The page names enough for that to mean something.
        Assert.True(page.Sum(line => Suite().Count(line)) > 100);
    }

    [Fact]
    public void What_is_not_there_is_found() => Assert.Equal(
        ["Client: NowhereTests", "Nowhere: LinkTests", "a promise that nothing shows"],
        Faults(
        [
            "| promise | against | mechanism | shown by |", "| --- | --- | --- | --- |",
            "| a promise | a thief | luck | `Client: LinkTests, NowhereTests`, `Nowhere: LinkTests` |",
            "| a promise that nothing shows | a thief | luck | somebody |",
            "| another one | a thief | luck | *by design* |",
        ]).Order(StringComparer.Ordinal));

    private static IEnumerable<string> Faults(IEnumerable<string> page)
    {
        var rows = page.SkipWhile(line => !line.StartsWith("| promise |", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(line => line.StartsWith('|')).Select(line => line.Split(" | "));
        var shown = new Dictionary<string, HashSet<string>>();
        foreach (var row in rows)
        {
            var suites = Suite().Matches(row[^1]);
            if (suites.Count == 0 && !row[^1].Contains("*by design*", StringComparison.Ordinal))
                yield return row[0].TrimStart('|', ' ');
            foreach (var (suite, names) in suites.Select(match => (match.Groups[1].Value, match.Groups[2].Value)))
            {
                if (!shown.TryGetValue(suite, out var there)) shown[suite] = there = NamesOf(suite);
                foreach (var name in names.Split(", ").Where(name => !there.Contains(name)))
                    yield return $"{suite}: {name}";
            }
        }
    }

    private static HashSet<string> NamesOf(string suite)
    {
        var folder = $"tests/KeyRecovery.{suite}.Tests";
        if (!Directory.Exists(Path.Combine(Repository.Root, folder))) return [];
        var files = Repository.Files(folder);
        return
        [
            .. files.SelectMany(file => file.Split('/')[2..^1]),
            .. files.SelectMany(file => Class().Matches(File.ReadAllText(Path.Combine(Repository.Root, file))))
                .Select(match => match.Groups[1].Value),
        ];
    }

    [GeneratedRegex("`([A-Za-z]+): ([^`]+)`")]
    private static partial Regex Suite();

    [GeneratedRegex(@"\bclass (\w+)")]
    private static partial Regex Class();
}
