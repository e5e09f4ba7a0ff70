using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Output;

/// <summary>Where a command tells what came of it: to a person, or to a machine.</summary>
internal interface IOutput
{
    bool IsJson { get; }

    /// <summary>The command's result, once.</summary>
    /// <param name="json">The JSON object; members that are null are left out.</param>
    /// <param name="people">Tells the same to a person.</param>
    void Result(JsonObject json, Action<Terminal> people);

    /// <summary>A step on the way to the result, at once: a line of JSON of its own.</summary>
    void Step(JsonObject json, Action<Terminal> people);

    /// <summary>Something that a person should know besides the result.</summary>
    void Note(string text);

    /// <summary>What a person must see before a question. Nothing to a machine.</summary>
    void Show(Action<Terminal> people);

    /// <summary>Why the command failed.</summary>
    /// <returns>The exit code.</returns>
    int Fail(CliFailure failure);

    /// <summary>Does work that takes a while, with a bar where a person watches.</summary>
    Task<T> WithProgressAsync<T>(string title, Func<IProgress<(int Done, int Of)>, Task<T>> work);
}
