using System.Text.RegularExpressions;

namespace KeyRecovery.Infra.Tests;

/// <summary><c>docs/operations.md</c>, as far as tests follow it.</summary>
internal static partial class Page
{
    public static string Text { get; } =
        File.ReadAllText(Path.Combine(Infra.Folder, "..", "docs", "operations.md"));

    /// <summary>The settings that a server needs of an issuer.</summary>
    public static string Settings => Block().Match(Text).Groups[1].Value;

    /// <summary>
    /// What it prints for a shell, a command each: lines that go on are one, and what is said beside them is left out.
    /// </summary>
    public static IReadOnlyList<string> Commands { get; } = CommandsIn(Text);

    /// <summary>Those of one chapter, in their order.</summary>
    /// <param name="chapter">Its heading.</param>
    public static IReadOnlyList<string> CommandsOf(string chapter) =>
        CommandsIn(Text.Split($"\n## {chapter}\n")[1].Split("\n## ")[0]);

    private static IReadOnlyList<string> CommandsIn(string text) =>
    [
        .. Shell().Matches(text).SelectMany(block => GoesOn().Replace(block.Groups[1].Value, "").Split('\n'))
            .Select(line => Remark().Replace(line, "").Trim()).Where(line => line.Length > 0),
    ];

    /// <summary>Whether it has an operator type that, in a block for a shell or within its text.</summary>
    public static bool Prints(string command) =>
        Commands.Contains(command) || Text.Contains($"`{command}`", StringComparison.Ordinal);

    [GeneratedRegex("^```sh\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Shell();

    [GeneratedRegex(@"\\\n\s*")]
    private static partial Regex GoesOn();

    [GeneratedRegex(@"(^|\s)#\s.*$")]
    private static partial Regex Remark();

    [GeneratedRegex("""```json\n(\{\n  "KeyRecovery".*?)```""", RegexOptions.Singleline)]
    private static partial Regex Block();
}
