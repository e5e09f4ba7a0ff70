using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace KeyRecovery.Cli.Tests.Threats;

/// <summary>Text that writes to a terminal, and whether it did.</summary>
internal static partial class Writing
{
    /// <summary>A line of its own, if newlines pass.</summary>
    private const string Line = "All is well.";

    /// <summary>
    /// Clears the screen, sets the title, turns the writing, begins lines: by ESC, OSC, BEL, C1, bidi, separators.
    /// </summary>
    public const string Text =
        "x\u001b[2J\u001b]0;y\u0007\u001bc\u009b2J\u009d0;y\u009c\u0085\b\b\u007f\u202e\u2066\u200f\u2028\r\n" + Line
        + "\n";

    /// <summary>As much of it as a header's value can hold.</summary>
    public const string InOneLine =
        "x\u001b[2J\u001b]0;y\u0007\u001bc\u009b2J\u009d0;y\u009c\u0085\b\b\u007f\u202e\u2066\u200f\u2028";

    /// <summary>What of it came through: nothing, where all is well.</summary>
    /// <param name="shown">All that was written.</param>
    /// <param name="isTerminal">Whether the program's own colours may be there.</param>
    public static IReadOnlyList<string> Find(string shown, bool isTerminal = false)
    {
        // Colours and, where keys are read, the modes of the keypad.
        var rest = isTerminal ? Own().Replace(shown, "") : shown;
        List<string> found = [.. rest.EnumerateRunes()
            .Where(rune => rune.Value is not '\n' && !(isTerminal && rune.Value is '\r'))
            .Where(rune => Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.Control
                or System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator
                or System.Globalization.UnicodeCategory.ParagraphSeparator)
            .Select(rune => $"U+{rune.Value:X4}").Distinct()];
        if (rest.Split('\n').Any(line => line.StartsWith(Line, StringComparison.Ordinal))) found.Add("a line");
        return found;
    }

    /// <summary>The paths of all strings in it.</summary>
    public static IReadOnlyList<string> Strings(byte[] json) => [.. All(JsonNode.Parse(json))
        .Where(node => node is JsonValue value && value.TryGetValue<string>(out _)).Select(node => node.GetPath())];

    /// <summary>The same with such a text in one place.</summary>
    public static byte[] Instead(byte[] json, string path)
    {
        var root = JsonNode.Parse(json)!;
        All(root).FirstOrDefault(node => node.GetPath() == path)?.ReplaceWith(Text);
        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    private static IEnumerable<JsonNode> All(JsonNode? node) => node switch
    {
        null => [],
        JsonObject members => members.Select(m => m.Value).SelectMany(All).Prepend(node),
        // What holds for the first of a list holds for the others.
        JsonArray list => list.Take(1).SelectMany(All).Prepend(node),
        _ => [node],
    };

    [GeneratedRegex(@"\x1b\[[0-9;]*m|\x1b\[\?1[hl]|\x1b[=>]|\x1b\[6n")]
    private static partial Regex Own();
}
