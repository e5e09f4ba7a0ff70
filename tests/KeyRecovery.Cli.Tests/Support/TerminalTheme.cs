namespace KeyRecovery.Cli.Tests.Support;

/// <summary>A terminal's own colours, in CSS.</summary>
/// <param name="Background">Behind everything.</param>
/// <param name="Foreground">Of text without a colour.</param>
/// <param name="Black">What it shows for colour 0.</param>
/// <param name="White">What it shows for colour 15.</param>
public sealed record TerminalTheme(
    string Background, string Foreground, string Black = "#000000", string White = "#ffffff")
{
    private static readonly string[] Between =
    [
        "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5",
        "#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff",
    ];

    /// <summary>One of xterm's 256 colours.</summary>
    public string this[int colour] => colour switch
    {
        0 => Black,
        < 15 => Between[colour - 1],
        15 => White,
        < 232 => $"rgb({Level((colour - 16) / 36)},{Level((colour - 16) / 6 % 6)},{Level((colour - 16) % 6)})",
        _ => $"rgb({8 + ((colour - 232) * 10)},{8 + ((colour - 232) * 10)},{8 + ((colour - 232) * 10)})",
    };

    private static int Level(int step) => step == 0 ? 0 : 55 + (step * 40);
}
