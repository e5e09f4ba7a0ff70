using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Output;

/// <summary>Results on standard output; notes, progress and failures on standard error.</summary>
internal sealed class PeopleOutput : IOutput
{
    private readonly IAnsiConsole _error = Consoles.Error();

    public bool IsJson => false;

    public void Result(object json, Action<IAnsiConsole> people) => people(Consoles.Standard());

    public void Step(object json, Action<IAnsiConsole> people) => people(Consoles.Standard());

    public void Note(string text) => _error.MarkupLineInterpolated($"[yellow]Note:[/] {text}");

    public void Show(Action<IAnsiConsole> people) => people(_error);

    public int Fail(CliFailure failure)
    {
        _error.MarkupLineInterpolated($"[red]{failure.Message}[/]");
        foreach (var line in failure.Advice) _error.MarkupLineInterpolated($"  {line}");
        return failure.ExitCode;
    }

    public async Task<T> WithProgressAsync<T>(string title, Func<IProgress<(int Done, int Of)>, Task<T>> work)
    {
        if (!_error.Profile.Capabilities.Interactive) return await work(new Progress<(int, int)>());
        return await _error.Progress().AutoClear(true).StartAsync(async bars =>
        {
            var bar = bars.AddTask(Markup.Escape(title));
            return await work(new Bar(bar));
        });
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
