using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Output;

/// <summary>
/// One JSON object on standard output; only linking, which somebody answers, tells its steps before it, a line each.
/// </summary>
internal sealed class JsonOutput : IOutput
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private readonly List<string> _notes = [];

    public bool IsJson => true;

    public void Result(object json, Action<IAnsiConsole> people) => Write(Members(json));

    public void Step(object json, Action<IAnsiConsole> people) =>
        Console.Out.WriteLine(Members(json).ToJsonString(Options));

    public void Note(string text) => _notes.Add(text);

    public void Show(Action<IAnsiConsole> people) { }

    public int Fail(CliFailure failure)
    {
        var members = new JsonObject { ["error"] = failure.Error, ["message"] = failure.Message };
        if (failure.Details is { } details)
            foreach (var (name, value) in Members(details).ToList()) members[name] = value?.DeepClone();
        Write(members);
        Console.Error.WriteLine(failure.Message);
        return failure.ExitCode;
    }

    public Task<T> WithProgressAsync<T>(string title, Func<IProgress<(int Done, int Of)>, Task<T>> work) =>
        work(new Progress<(int, int)>());

    private static JsonObject Members(object json) => JsonSerializer.SerializeToNode(json, Options)!.AsObject();

    private void Write(JsonObject members)
    {
        if (_notes.Count > 0) members["notes"] = JsonSerializer.SerializeToNode(_notes, Options);
        Console.Out.WriteLine(members.ToJsonString(Options));
    }
}
