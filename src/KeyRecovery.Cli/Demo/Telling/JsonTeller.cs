using System.Text.Json.Nodes;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.Telling;

/// <summary>One object with an array of steps.</summary>
internal sealed class JsonTeller(IOutput output) : ITeller
{
    private readonly JsonArray _steps = [];

    public void Begin(int number, int of, string title) { }

    public void Say(string text) { }

    public void Show(Action<Terminal> people) { }

    public void Held(string claim) { }

    public void End(StepOutcome outcome)
    {
        var step = new JsonObject
        {
            ["name"] = outcome.Name, ["ok"] = outcome.Failure is null, ["ms"] = (long)outcome.Elapsed.TotalMilliseconds,
        };
        if (outcome.Failure is { } failure) step["message"] = failure;
        foreach (var (name, value) in outcome.Facts) step[name] = value?.DeepClone();
        _steps.Add((JsonNode)step);
    }

    public void Finish(bool ok, TimeSpan elapsed, string? folder) =>
        output.Result(new JsonObject
        {
            ["ok"] = ok,
            ["ms"] = (long)elapsed.TotalMilliseconds,
            ["folder"] = folder,
            ["steps"] = _steps,
        }, _ => { });
}
