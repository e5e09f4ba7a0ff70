using System.Globalization;
using System.Text;

namespace KeyRecovery.Cli.Output;

/// <summary>What a terminal can show, by its locale.</summary>
internal static class Charset
{
    /// <summary>
    /// Whether it takes UTF-8: what the first of LC_ALL, LC_CTYPE and LANG says that is set (POSIX, Base Definitions,
    /// 8.2). Windows and macOS always do.
    /// </summary>
    public static bool IsUtf8 { get; } = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()
        || Names(((string[])["LC_ALL", "LC_CTYPE", "LANG"])
            .Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => value is { Length: > 0 }));

    /// <summary>A text in ASCII, still readable: signs as they are typed, letters without marks, else ?.</summary>
    public static string ToAscii(string text)
    {
        if (Ascii.IsValid(text)) return text;
        var ascii = new StringBuilder(text.Length);
        foreach (var rune in text.Normalize(NormalizationForm.FormKD).EnumerateRunes())
        {
            if (rune.IsAscii) ascii.Append((char)rune.Value);
            else if (Rune.GetUnicodeCategory(rune) is not UnicodeCategory.NonSpacingMark) ascii.Append(Sign(rune));
        }
        return ascii.ToString();
    }

    private static string Sign(Rune rune) => rune.Value switch
    {
        '“' or '”' => "\"",
        '‘' or '’' => "'",
        '–' or '—' => "-",
        '•' => "*",
        '✓' => "+",
        '✗' => "x",
        'ß' => "ss",
        'ı' => "i",
        '│' or '┃' => "|",
        >= '─' and <= '╿' => "-",
        _ => "?",
    };

    private static bool Names(string? locale) =>
        locale?.Replace("-", "", StringComparison.Ordinal).Contains("UTF8", StringComparison.OrdinalIgnoreCase) == true;
}
