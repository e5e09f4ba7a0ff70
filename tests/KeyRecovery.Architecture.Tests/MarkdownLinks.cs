using System.Text.RegularExpressions;

namespace KeyRecovery.Architecture.Tests;

/// <summary>The links of a page to files of this repository.</summary>
internal static partial class MarkdownLinks
{
    public static IEnumerable<string> In(string text) => Link().Matches(text).Select(match => match.Groups[1].Value)
        .Where(to => !to.Contains(':', StringComparison.Ordinal) && to.Length > 0);

    // Without the place inside of the page.
    [GeneratedRegex(@"\]\(([^)#\s]*)(?:#[^)\s]*)?\)")]
    private static partial Regex Link();
}
