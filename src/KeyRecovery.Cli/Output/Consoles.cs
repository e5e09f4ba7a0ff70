namespace KeyRecovery.Cli.Output;

/// <summary>Makes consoles for people.</summary>
internal static class Consoles
{
    // Nobody wraps a file: wide enough for every table.
    private const int FileWidth = 140;

    /// <summary>On standard output.</summary>
    public static IAnsiConsole Standard() => Make(Console.Out, Console.IsOutputRedirected);

    /// <summary>On standard error: notes, questions, progress.</summary>
    public static IAnsiConsole Error() => Make(Console.Error, Console.IsErrorRedirected);

    private static IAnsiConsole Make(TextWriter writer, bool isRedirected)
    {
        var settings = new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) };
        if (isRedirected) (settings.Ansi, settings.ColorSystem, settings.Interactive) =
            (AnsiSupport.No, ColorSystemSupport.NoColors, InteractionSupport.No);
        var console = AnsiConsole.Create(settings);
        if (isRedirected) console.Profile.Width = FileWidth;
        return console;
    }
}
