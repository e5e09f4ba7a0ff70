using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace KeyRecovery.Protocol.Tests.Golden;

/// <summary>
/// Reads a golden file. With <c>KEYRECOVERY_WRITE_GOLDEN=1</c> a file that is missing is written beside the sources,
/// once; one that is there is never touched: a format that has landed never changes.
/// </summary>
internal static class GoldenFile
{
    private const string WriteVariable = "KEYRECOVERY_WRITE_GOLDEN";

    public static JsonObject Read(GoldenFormat format)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Golden", $"{format.Name}.json");
        if (!File.Exists(path)) path = Path.Combine(SourceFolder(), $"{format.Name}.json");
        if (!File.Exists(path) && Environment.GetEnvironmentVariable(WriteVariable) == "1")
        {
            var composed = Compose(format).ToJsonString(GoldenJson.Layout).ReplaceLineEndings("\n");
            using var file = new FileStream(path, FileMode.CreateNew);
            using var writer = new StreamWriter(file) { NewLine = "\n" };
            writer.WriteLine(composed);
        }

        return JsonNode.Parse(File.ReadAllText(path))!.AsObject();
    }

    private static JsonObject Compose(GoldenFormat format) => new()
    {
        ["format"] = format.Name,
        ["specification"] = $"docs/protocol.md {format.Section}",
        ["valid"] = new JsonArray([.. format.Valid().Select(example => new JsonObject
        {
            ["name"] = example.Name, ["inputs"] = example.Inputs.DeepClone(),
            ["outputs"] = format.Write(example.Inputs),
        })]),
        ["invalid"] = new JsonArray([.. format.Invalid().Select(example =>
        {
            Assert.True(format.Read(example.Told) == example.Verdict,
                $"{format.Name}, {example.Name}: {format.Read(example.Told)}");
            return new JsonObject {
                ["name"] = example.Name, ["told"] = example.Told.DeepClone(), ["verdict"] = example.Verdict,
            };
        })]),
    };

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
