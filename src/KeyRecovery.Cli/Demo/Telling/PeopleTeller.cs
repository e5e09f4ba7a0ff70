using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.Telling;

/// <summary>The story, as a person reads it.</summary>
internal sealed class PeopleTeller : ITeller
{
    private readonly IAnsiConsole _console = Consoles.Standard();

    public void Begin(int number, int of, string title)
    {
        if (number == 1) Open();
        _console.WriteLine();
        _console.MarkupLineInterpolated($"[bold]{number,2}/{of}  {title}[/]");
    }

    public void Say(string text) => Indented(text, Style.Plain);

    public void Show(Action<IAnsiConsole> people) => people(_console);

    public void Held(string claim) =>
        _console.Write(new Padder(new Markup($"[green]✓[/] {Markup.Escape(claim)}"), new Padding(7, 0, 0, 0)));

    public void End(StepOutcome outcome)
    {
        if (outcome.Failure is { } failure)
            _console.Write(new Padder(new Markup($"[red]✗ {Markup.Escape(failure)}[/]"), new Padding(7, 0, 0, 0)));
        Indented(Words.Duration(outcome.Elapsed), new Style(Color.Grey));
    }

    public void Finish(bool ok, TimeSpan elapsed, string? folder)
    {
        _console.WriteLine();
        if (ok) _console.MarkupLineInterpolated($"[bold green]Every step held.[/] {Words.Duration(elapsed)} in all.");
        else _console.MarkupLineInterpolated(
            $"[bold red]The story ends here: a step did not hold.[/] {Words.Duration(elapsed)} in all.");
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

    private void Indented(string text, Style style) =>
        _console.Write(new Padder(new Text(text, style), new Padding(7, 0, 0, 0)));
}
