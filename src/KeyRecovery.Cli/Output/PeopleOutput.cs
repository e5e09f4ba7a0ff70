using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Output;

/// <summary>Results on standard output; notes, progress and failures on standard error.</summary>
internal sealed class PeopleOutput : IOutput
{
    private static readonly Style Attention = new(Color.Yellow);
    private static readonly Style Wrong = new(Color.Red);

    private readonly Terminal _error = Terminal.Error();

    public bool IsJson => false;

    public void Result(JsonObject json, Action<Terminal> people) => people(Terminal.Standard());

    public void Step(JsonObject json, Action<Terminal> people) => people(Terminal.Standard());

    public void Note(string text) => _error.WriteMarked("Note:", Attention, text);

    public void Show(Action<Terminal> people) => people(_error);

    public int Fail(CliFailure failure)
    {
        _error.WriteLine(failure.Message, Wrong);
        foreach (var line in failure.Advice) _error.WriteIndented(line);
        return failure.ExitCode;
    }

    public Task<T> WithProgressAsync<T>(string title, Func<IProgress<(int Done, int Of)>, Task<T>> work) =>
        _error.WithBarAsync(title, work);
}
