using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.Telling;

/// <summary>One object with an array of steps.</summary>
internal sealed class JsonTeller(IOutput output) : ITeller
{
    private readonly List<Dictionary<string, object>> _steps = [];

    public void Begin(int number, int of, string title) { }

    public void Say(string text) { }

    public void Show(Action<Terminal> people) { }

    public void Held(string claim) { }

    public void End(StepOutcome outcome)
    {
        var step = new Dictionary<string, object>
        {
            ["name"] = outcome.Name, ["ok"] = outcome.Failure is null, ["ms"] = (long)outcome.Elapsed.TotalMilliseconds,
        };
        if (outcome.Failure is { } failure) step["message"] = failure;
        foreach (var (name, value) in outcome.Facts) step[name] = value;
        _steps.Add(step);
    }

    public void Finish(bool ok, TimeSpan elapsed, string? folder) =>
        output.Result(new { ok, ms = (long)elapsed.TotalMilliseconds, folder, steps = _steps }, _ => { });
}
