using System.Text.Json;
using System.Text.Json.Nodes;

namespace KeyRecovery.Cli.Output;

/// <summary>What machines are told, as JSON nodes: no reflection, of which a program compiled ahead has none.</summary>
internal static class JsonForms
{
    /// <summary>An array of objects.</summary>
    public static JsonArray ToJson(this IEnumerable<JsonNode?> nodes) => [.. nodes];

    /// <summary>An array of texts.</summary>
    public static JsonArray ToJson(this IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode?)text)];

    /// <summary>An enum's member, in camelCase.</summary>
    public static string ToJson<T>(this T value) where T : struct, Enum =>
        JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    /// <summary>Takes out members that say nothing, at every depth.</summary>
    public static void DropNulls(JsonNode? node)
    {
        if (node is JsonObject members)
        {
            foreach (var (name, value) in members.ToList())
                if (value is null) members.Remove(name);
                else DropNulls(value);
        }
        else if (node is JsonArray values)
        {
            foreach (var value in values) DropNulls(value);
        }
    }
}
