using System.Text.Json;
using System.Text.RegularExpressions;

namespace KeyRecovery.Architecture.Tests;

/// <summary>Each command, option, route and path that docs/compliance.md names is there: auditors try it.</summary>
public sealed partial class CompliancePage
{
    private const string Page = "docs/compliance.md";

    [Fact]
    public void What_the_page_names_is_there() => Assert.Empty(Faults(Text(Page)));

    [Fact]
    public void What_is_not_there_is_found()
    {
        Assert.Equal(
            [
                "keyrecovery audit conjure: conjure", "keyrecovery audit export --nonsense: --nonsense",
                "GET /v1/nowhere", "src/KeyRecovery.Service/Nowhere.cs", "nowhere.md",
            ],
            Faults("`keyrecovery audit conjure` `keyrecovery audit export --nonsense` `GET /v1/nowhere` "
                + "`src/KeyRecovery.Service/Nowhere.cs` [docs/nowhere.md](nowhere.md)"));
        // The page names enough of each for the test above to mean something.
        Assert.True(Code().Matches(Text(Page)).Count(code => code.Value.Contains("keyrecovery ")) >= 10);
        Assert.True(Link().Count(Text(Page)) >= 10);
    }

    private static List<string> Faults(string page)
    {
        var faults = new List<string>();
        var program = string.Join(
            '\n', Directory.EnumerateFiles(Path.Combine(Repository.Root, "src/KeyRecovery.Cli"), "*.cs",
                SearchOption.AllDirectories).Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
                .Select(File.ReadAllText));
        using var openApi = JsonDocument.Parse(Text("docs/openapi.json"));
        var paths = openApi.RootElement.GetProperty("paths");
        foreach (Match match in Code().Matches(page))
        {
            var code = match.Groups[1].Value;
            var words = code.Split(' ');
            if (words[0] == "keyrecovery")
                faults.AddRange(words.Skip(1).Where(word => !IsKnown(program, word)).Select(word => $"{code}: {word}"));
            else if (words is ["GET" or "POST" or "DELETE", var route]
                && !(paths.TryGetProperty(route, out var methods)
                    && methods.TryGetProperty(words[0].ToLowerInvariant(), out _)))
                faults.Add(code);
            else if (words[0].StartsWith("src/", StringComparison.Ordinal)
                && !File.Exists(Path.Combine(Repository.Root, words[0])))
                faults.Add(code);
        }

        faults.AddRange(Link().Matches(page).Select(link => link.Groups[1].Value.Split('#')[0])
            .Where(target => !File.Exists(Path.Combine(Repository.Root, "docs", target))));
        return faults;
    }

    // Words in capitals, dates and addresses stand for what is put there.
    private static bool IsKnown(string program, string word) =>
        word.StartsWith("--", StringComparison.Ordinal)
            ? program.Contains($"\"{word}\"", StringComparison.Ordinal)
            : !char.IsAsciiLetterLower(word[0])
                || Regex.IsMatch(program, $@"Command\(\s*""{Regex.Escape(word)}""");

    private static string Text(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
