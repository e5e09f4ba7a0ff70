using System.Text.RegularExpressions;

namespace KeyRecovery.Infra.Tests;

/// <summary><c>docs/operations.md</c>, as far as tests follow it.</summary>
internal static partial class Page
{
    public static string Text { get; } =
        File.ReadAllText(Path.Combine(Infra.Folder, "..", "docs", "operations.md"));

    /// <summary>The settings that a server needs of an issuer.</summary>
    public static string Settings => Block().Match(Text).Groups[1].Value;

    [GeneratedRegex("""```json\n(\{\n  "KeyRecovery".*?)```""", RegexOptions.Singleline)]
    private static partial Regex Block();
}
