using KeyRecovery.Cli.Output;
using Spectre.Console.Rendering;

namespace KeyRecovery.Cli.Demo.Telling;

/// <summary>The story, as a person reads it.</summary>
internal sealed class PeopleTeller : ITeller
{
    private static readonly Style Title = new(decoration: Decoration.Bold);
    private static readonly Style Right = new(Color.Green);
    private static readonly Style Wrong = new(Color.Red);

    private readonly Terminal _console = Terminal.Standard();

    public void Begin(int number, int of, string title)
    {
        if (number == 1) Open();
        _console.WriteLine();
        _console.WriteLine($"{number,2}/{of}  {title}", Title);
    }

    public void Say(string text) => Indented(text, Style.Plain);

    public void Show(Action<Terminal> people) => people(_console);

    public void Held(string claim) => Indented(Terminal.Marked("✓", Right, claim));

    public void End(StepOutcome outcome)
    {
        if (outcome.Failure is { } failure) Indented(Terminal.Styled($"✗ {failure}", Wrong));
        Indented(Words.Duration(outcome.Elapsed), new Style(Color.Grey));
    }

    public void Finish(bool ok, TimeSpan elapsed, string? folder)
    {
        _console.WriteLine();
        var all = $"{Words.Duration(elapsed)} in all.";
        if (ok) _console.WriteMarked("Every step held.", Right.Decoration(Decoration.Bold), all);
        else _console.WriteMarked(
            "The story ends here: a step did not hold.", Wrong.Decoration(Decoration.Bold), all);
        if (folder is not null) _console.WriteLine($"Kept: {folder}");
    }

    private void Open()
    {
        _console.Write(
            new Rule(
                "[bold]KeyRecovery: a phone, a lake, and 32 characters on paper[/]") { Justification = Justify.Left });
        _console.WriteLine(
            "A real server process, a real database, real HTTP. Whatever bears a ✓ was checked in this very run.");
    }

    private void Indented(string text, Style style) => Indented(Terminal.Styled(text, style));

    private void Indented(IRenderable text) => _console.Write(new Padder(text, new Padding(7, 0, 0, 0)));
}
