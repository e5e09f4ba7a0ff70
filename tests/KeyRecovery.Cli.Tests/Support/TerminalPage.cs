using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace KeyRecovery.Cli.Tests.Support;

/// <summary>What was written to a terminal (ECMA-48) as a page that looks like it.</summary>
public static partial class TerminalPage
{
    /// <summary>The page, in DejaVu Sans Mono of 16 pixels.</summary>
    /// <param name="written">What was written, colours and all.</param>
    /// <param name="theme">The terminal's own colours.</param>
    /// <param name="lineHeight">The CSS line height: 1, or <c>normal</c>, the font's own.</param>
    public static string Of(string written, TerminalTheme theme, string lineHeight)
    {
        var page = new StringBuilder();
        foreach (var line in written.Split('\n')) page.Append(Line(line, theme)).Append('\n');
        return $"""
            <!doctype html><meta charset="utf-8">
            <body style="margin:8px;background:{theme.Background};color:{theme.Foreground}">
            <pre style="margin:0;font:16px/{lineHeight} 'DejaVu Sans Mono',monospace">{page}</pre>
            """;
    }

    private static string Line(string line, TerminalTheme theme)
    {
        // A line that was rewritten shows what was written last, which covers what was there.
        var shown = line.TrimEnd('\r').Split('\r')[^1];
        var (html, style, at) = (new StringBuilder(), "", 0);
        foreach (Match control in Controls().Matches(shown))
        {
            Append(shown[at..control.Index]);
            at = control.Index + control.Length;
            if (control.Groups["sgr"].Success) style = Style(control.Groups["sgr"].Value, style, theme);
        }
        Append(shown[at..]);
        return html.ToString();

        void Append(string text)
        {
            if (text.Length == 0) return;
            html.Append(CultureInfo.InvariantCulture, $"<span style=\"{style}\">{WebUtility.HtmlEncode(text)}</span>");
        }
    }

    // Select Graphic Rendition; what is unknown here fails the test, because the picture would not be the terminal's.
    private static string Style(string parameters, string style, TerminalTheme theme)
    {
        var numbers = new Queue<int>(parameters.Split(';')
            .Select(p => p.Length == 0 ? 0 : int.Parse(p, CultureInfo.InvariantCulture)));
        while (numbers.TryDequeue(out var number))
        {
            style = number switch
            {
                0 => "",
                1 => style + "font-weight:bold;",
                2 => style + "opacity:.6;",
                >= 30 and <= 37 => style + $"color:{theme[number - 30]};",
                38 => style + $"color:{Colour()};",
                39 => style + $"color:{theme.Foreground};",
                >= 40 and <= 47 => style + $"background:{theme[number - 40]};",
                48 => style + $"background:{Colour()};",
                49 => style + "background:none;",
                >= 90 and <= 97 => style + $"color:{theme[number - 82]};",
                >= 100 and <= 107 => style + $"background:{theme[number - 92]};",
                _ => throw new InvalidOperationException($"an unknown rendition: {parameters}"),
            };
        }
        return style;

        string Colour() => numbers.Dequeue() == 5
            ? theme[numbers.Dequeue()]
            : $"rgb({numbers.Dequeue()},{numbers.Dequeue()},{numbers.Dequeue()})";
    }

    [GeneratedRegex(@"\x1b\[(?<sgr>[0-9;]*)m|\x1b\[[0-9;?]*[A-Za-ln-z]|\x1b[=>]")]
    private static partial Regex Controls();
}
