using Spectre.Console.Rendering;

// The one place that may.
#pragma warning disable RS0030

namespace KeyRecovery.Cli.Output;

/// <summary>
/// The one way out to a person: whatever is said passes <see cref="Words.Safe"/>, line by line, so that what a server,
/// a realm, another device or a file wrote moves no cursor, turns no writing around and makes no line of its own.
/// Everything else that could write is banned in this project (<c>BannedSymbols.txt</c>).
/// </summary>
internal sealed class Terminal
{
    // Nobody wraps a file: wide enough for every table.
    private const int FileWidth = 140;
    private const int Indent = 2;

    private readonly IAnsiConsole _console;

    private Terminal(TextWriter writer, bool isRedirected)
    {
        var settings = new AnsiConsoleSettings { Out = new Stream(writer, isRedirected) };
        if (isRedirected) (settings.Ansi, settings.ColorSystem, settings.Interactive) =
            (AnsiSupport.No, ColorSystemSupport.NoColors, InteractionSupport.No);
        else if (HasNoColours) settings.ColorSystem = ColorSystemSupport.NoColors;
        _console = AnsiConsole.Create(settings);
        // What cannot be drawn over is not drawn in steps.
        if (!_console.Profile.Capabilities.Ansi) _console.Profile.Capabilities.Interactive = false;
    }

    /// <summary>In columns.</summary>
    public int Width => _console.Profile.Width;

    /// <summary>
    /// Whether a picture in two colours comes out as it is meant: not in the theme's own, nor without block characters.
    /// </summary>
    public bool ShowsPictures => _console.Profile.Capabilities is { Ansi: true, Unicode: true }
        && _console.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;

    /// <summary>On standard output: what was asked for.</summary>
    public static Terminal Standard() => new(RawOutput.Standard, Console.IsOutputRedirected);

    /// <summary>On standard error: notes, questions, progress.</summary>
    public static Terminal Error() => new(RawOutput.Error, Console.IsErrorRedirected);

    /// <summary>Text in a table or a grid: a line each.</summary>
    public static IRenderable Cell(params ReadOnlySpan<string> lines) => Of(null, lines);

    /// <summary>Text in a style.</summary>
    public static IRenderable Styled(string text, Style style) => Of(style, text);

    /// <summary>A mark in a style, and a text.</summary>
    public static IRenderable Marked(string mark, Style style, string text) =>
        new Paragraph(Words.Safe(mark), style).Append(" " + Words.Safe(text));

    public void WriteLine() => Shown.WriteLine();

    public void WriteLine(string text) => Shown.WriteLine(Words.Safe(text));

    public void WriteLine(string text, Style style) => Shown.WriteLine(Words.Safe(text), style);

    /// <summary>A text under the one before it, all its lines.</summary>
    public void WriteIndented(string text) => Write(new Padder(Cell(text), new Padding(Indent, 0, 0, 0)));

    /// <summary>A mark in a style, and a text.</summary>
    public void WriteMarked(string mark, Style style, string text)
    {
        Write(Marked(mark, style, text));
        WriteLine();
    }

    /// <summary>Text without an end of line.</summary>
    public void Write(string text) => Shown.Write(new Text(Words.Safe(text)));

    /// <summary>What was built of cells.</summary>
    public void Write(IRenderable cells) => Shown.Write(cells);

    /// <summary>A line that is never broken, as programs read it too.</summary>
    public void WriteUnbroken(string text) => Shown.Profile.Out.Writer.WriteLine(Words.Safe(text));

    /// <summary>Does work under a bar, where somebody watches.</summary>
    public async Task<T> WithBarAsync<T>(string title, Func<IProgress<(int Done, int Of)>, Task<T>> work)
    {
        if (!_console.Profile.Capabilities.Interactive) return await work(new Progress<(int, int)>());
        Silence.Pause();
        return await _console.Progress().AutoClear(true).StartAsync(async bars =>
            await work(new Bar(bars.AddTask(Markup.Escape(Words.Safe(title))))));
    }

    private static Text Of(Style? style, params ReadOnlySpan<string> lines)
    {
        var safe = new string[lines.Length];
        for (var i = 0; i < lines.Length; i++) safe[i] = Words.Safe(lines[i]);
        return new Text(string.Join('\n', safe), style);
    }

    // Terminals of one colour, by their names in terminfo(5).
    private static bool HasNoColours => Environment.GetEnvironmentVariable("TERM") is { } term
        && (term.StartsWith("vt", StringComparison.Ordinal) || term.EndsWith("-m", StringComparison.Ordinal)
            || term.EndsWith("-mono", StringComparison.Ordinal));

    private IAnsiConsole Shown
    {
        get
        {
            Silence.Break();
            return _console;
        }
    }

    // The stream as it is; whether it is a terminal is known, and not asked of what was put around it.
    private sealed class Stream(TextWriter writer, bool isRedirected) : IAnsiConsoleOutput
    {
        private const int NoWidth = 80;
        private const int NoHeight = 24;

        public TextWriter Writer => writer;

        public bool IsTerminal => !isRedirected;

        public int Width => isRedirected ? FileWidth : Console.BufferWidth is > 0 and var width ? width : NoWidth;

        public int Height => isRedirected || Console.WindowHeight <= 0 ? NoHeight : Console.WindowHeight;

        public void SetEncoding(System.Text.Encoding encoding) { }
    }

    // Told in order, on the worker's own thread.
    private sealed class Bar(ProgressTask task) : IProgress<(int Done, int Of)>
    {
        public void Report((int Done, int Of) value)
        {
            task.MaxValue = value.Of;
            task.Value = value.Done;
        }
    }
}
