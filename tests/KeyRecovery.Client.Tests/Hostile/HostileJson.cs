using System.Text.Json.Nodes;

namespace KeyRecovery.Client.Tests.Hostile;

/// <summary>Every answer that differs from an honest one in one place, by a value that nobody honest writes.</summary>
internal static class HostileJson
{
    private static readonly string[] Values =
    [
        "null", "-1", "9007199254740992", "9223372036854775807", "-9223372036854775808", "18446744073709551615",
        "1e308", "0.5", "\"\"", "\"\\u001b]0;x\\u0007\"", "true", "[]", "{}", "[null]", "[[]]",
    ];

    public static IEnumerable<(string Lie, byte[] Body)> Of(byte[] honest)
    {
        foreach (var value in Values) yield return ($"all of it {value}", JsonNode.Parse(value).ToUtf8());
        foreach (var path in Paths(JsonNode.Parse(honest)!))
        {
            foreach (var value in Values)
                yield return ($"{path} {value}", Changed(honest, path, at => at.ReplaceWith(JsonNode.Parse(value))));
            yield return ($"{path} twice", Changed(honest, path, Double));
            yield return ($"{path} away", Changed(honest, path, Remove));
        }
    }

    private static IEnumerable<string> Paths(JsonNode node)
    {
        var inside = node switch
        {
            JsonObject members => members.Select(m => m.Value),
            // What holds for the first of a list holds for the others.
            JsonArray list => list.Take(1),
            _ => [],
        };
        foreach (var child in inside.OfType<JsonNode>())
        {
            yield return child.GetPath();
            foreach (var path in Paths(child)) yield return path;
        }
    }

    private static byte[] Changed(byte[] honest, string path, Action<JsonNode> change)
    {
        var copy = JsonNode.Parse(honest)!;
        change(All(copy).First(node => node.GetPath() == path));
        return copy.ToUtf8();
    }

    private static IEnumerable<JsonNode> All(JsonNode node) => node switch
    {
        JsonObject members => members.Select(m => m.Value).OfType<JsonNode>().SelectMany(All).Prepend(node),
        JsonArray list => list.OfType<JsonNode>().SelectMany(All).Prepend(node),
        _ => [node],
    };

    private static void Remove(JsonNode node)
    {
        if (node.Parent is JsonObject members) members.Remove(node.GetPropertyName());
        else node.Parent!.AsArray().Remove(node);
    }

    // Two of one in a list; of a member, a list of it.
    private static void Double(JsonNode node)
    {
        if (node.Parent is JsonArray list) list.Add(node.DeepClone());
        else node.ReplaceWith(new JsonArray(node.DeepClone(), node.DeepClone()));
    }

    private static byte[] ToUtf8(this JsonNode? node) =>
        System.Text.Encoding.UTF8.GetBytes(node?.ToJsonString() ?? "null");
}
