using KeyRecovery.Cli.Kit;

namespace KeyRecovery.Cli.Output;

/// <summary>A recovery code as a person sees it: in its groups, and as a QR code.</summary>
internal static class CodeCard
{
    private const int Indent = 4;

    private static readonly Style DarkOnLight = new(Color.White, Color.Black);
    private static readonly Style Strong = new(decoration: Decoration.Bold);

    public static void WriteCode(Terminal console, string display)
    {
        var groups = display.Split(' ');
        console.WriteLine();
        console.WriteLine($"    {groups[0]}  {string.Join("  ", groups[1..5])}", Strong);
        console.WriteLine($"    {new string(' ', groups[0].Length)}  {string.Join("  ", groups[5..])}", Strong);
        console.WriteLine();
    }

    /// <summary>The QR code, dark on light whatever the terminal's own colours are.</summary>
    public static void WriteQr(Terminal console, string display) => WriteQr(console, QrSymbol.OfCode(display));

    /// <summary>A symbol, likewise; a word of it where the terminal cannot show it as it is meant.</summary>
    public static void WriteQr(Terminal console, QrSymbol symbol)
    {
        if (Obstacle(console, symbol) is { } obstacle)
        {
            console.WriteLine($"No QR code here: {obstacle}. The characters do the same.");
            return;
        }
        foreach (var line in symbol.ToLines())
        {
            console.Write("    ");
            console.Write(Terminal.Styled(line, DarkOnLight));
            console.WriteLine();
        }
    }

    // A reader takes dark on light alone, and of a terminal without colours nobody knows which is which.
    private static string? Obstacle(Terminal console, QrSymbol symbol) =>
        !console.ShowsPictures ? "without colours and block characters no reader could take it"
        : console.Width < symbol.Size + Indent ? $"it needs {symbol.Size + Indent} columns" : null;

    public static void Write(Terminal console, string display)
    {
        WriteCode(console, display);
        WriteQr(console, display);
        console.WriteLine();
    }
}
