using System.CommandLine;
using KeyRecovery.Cli.Invocation;

namespace KeyRecovery.Cli.Output;

/// <summary>Chooses and makes outputs.</summary>
internal static class Outputs
{
    // Nobody wraps a file: wide enough for every table.
    private const int FileWidth = 140;

    /// <summary>The output that the command line asks for, even where it is wrong otherwise.</summary>
    public static IOutput Of(ParseResult parsed) =>
        parsed.GetResult(GlobalOptions.Json) is { Implicit: false } ? new JsonOutput() : new PeopleOutput();

    /// <summary>A console for people on standard output.</summary>
    public static IAnsiConsole Standard() => Make(Console.Out, Console.IsOutputRedirected);

    /// <summary>A console for people on standard error: notes, questions, progress.</summary>
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
