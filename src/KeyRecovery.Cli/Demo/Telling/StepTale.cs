using System.Text.Json.Nodes;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Demo.Telling;

/// <summary>What a step says, claims and measures.</summary>
internal sealed class StepTale(ITeller teller)
{
    public JsonObject Facts { get; } = [];

    public void Say(string text) => teller.Say(text);

    public void Show(Action<Terminal> people) => teller.Show(people);

    /// <summary>Keeps a number or name for the JSON.</summary>
    public void Fact(string name, JsonNode? value) => Facts[name] = value;

    /// <summary>Claims something, and ends the demo where it does not hold.</summary>
    public void Holds(bool holds, string claim)
    {
        if (!holds) throw new DemoFailedException(claim);
        teller.Held(claim);
    }

    /// <summary>The value of a call that has to work.</summary>
    public static T Works<T>(Result<T> result) => result switch
    {
        Result<T>.Ok ok => ok.Value,
        Result<T>.Failed failed => throw new DemoFailedException(failed.Failure.Message),
        _ => throw new InvalidOperationException("a result is one of two"),
    };
}
