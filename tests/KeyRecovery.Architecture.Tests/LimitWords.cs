using System.Text.RegularExpressions;

namespace KeyRecovery.Architecture.Tests;

/// <summary>Each limit that the service names when it is used up is in the table of docs/protocol.md §9.4.</summary>
public sealed partial class LimitWords
{
    [Fact]
    public void The_page_has_each_limit_that_may_be_reached()
    {
        var named = Repository.Files("src/KeyRecovery.Service")
            .SelectMany(file => Named().Matches(File.ReadAllText(Path.Combine(Repository.Root, file))))
            .Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal).ToList();
        // The control: there are some.
        Assert.Contains("kept.size", named);
        var told = Repository.Lines("docs/protocol.md").SkipWhile(line => line != "| limit | of |").Skip(2)
            .TakeWhile(line => line.StartsWith('|')).SelectMany(line => Code().Matches(line.Split('|')[1]))
            .Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal);
        Assert.Equal(named, told);
    }

    [GeneratedRegex("(?:ServiceFailure\\.Limit|CheckCap)\\(\\s*\"([a-z.]+)\"")]
    private static partial Regex Named();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
