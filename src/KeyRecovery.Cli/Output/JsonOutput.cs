using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Output;

/// <summary>
/// One JSON object on standard output; only linking, which somebody answers, tells its steps before it, a line each.
/// </summary>
internal sealed class JsonOutput : IOutput
{
    private readonly List<string> _notes = [];

    public bool IsJson => true;

    public void Result(JsonObject json, Action<Terminal> people) => Write(json);

    public void Step(JsonObject json, Action<Terminal> people) => RawOutput.WriteJson(json);

    public void Note(string text) => _notes.Add(text);

    public void Show(Action<Terminal> people) { }

    public int Fail(CliFailure failure)
    {
        var members = new JsonObject
        {
            ["error"] = failure.Error, ["key"] = failure.Key, ["message"] = failure.Message,
        };
        if (failure.Details is { } details)
            foreach (var (name, value) in details) members[name] = value?.DeepClone();
        var error = Terminal.Error();
        try
        {
            Write(members);
        }
        catch (Exception full) when (full is IOException or UnauthorizedAccessException)
        {
            // Nobody reads it there: what must not be lost is told to whoever looks.
            error.WriteUnbroken($"standard output: {full.Message}");
            foreach (var line in failure.Advice) error.WriteUnbroken(line);
        }
        error.WriteUnbroken(failure.Message);
        return failure.ExitCode;
    }

    public Task<T> WithProgressAsync<T>(string title, Func<IProgress<(int Done, int Of)>, Task<T>> work) =>
        work(new Progress<(int, int)>());

    private void Write(JsonObject members)
    {
        if (_notes.Count > 0) members["notes"] = _notes.ToJson();
        RawOutput.WriteJson(members);
    }
}
