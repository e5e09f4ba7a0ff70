using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KeyRecovery.Protocol.Tests.Golden;

/// <summary>
/// Golden files hold bytes as lower-case hexadecimal, so that any language reads them with what it has.
/// </summary>
internal static class GoldenJson
{
    public static JsonSerializerOptions Layout { get; } =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    public static string Hex(ReadOnlyMemory<byte> bytes) => Hex(bytes.Span);

    public static JsonArray HexArray(IEnumerable<byte[]> list) => [.. list.Select(bytes => (JsonNode)Hex(bytes))];

    public static byte[] Bytes(this JsonNode node, string name) => Convert.FromHexString(node.Text(name));

    public static string Text(this JsonNode node, string name) => node[name]!.GetValue<string>();

    public static ulong Number(this JsonNode node, string name) => node[name]!.GetValue<ulong>();

    public static IEnumerable<JsonNode> List(this JsonNode node, string name) =>
        node[name]!.AsArray().Select(element => element!);

    public static IEnumerable<byte[]> BytesList(this JsonNode node, string name) =>
        node.List(name).Select(element => Convert.FromHexString(element.GetValue<string>()));

    /// <summary>Another object with these members alone.</summary>
    public static JsonObject Only(this JsonObject all, params string[] names) =>
        new(names.Select(name => KeyValuePair.Create(name, all[name]?.DeepClone())));

    /// <summary>Another object with the members of both; the second wins.</summary>
    public static JsonObject With(this JsonObject first, JsonObject second)
    {
        var both = (JsonObject)first.DeepClone();
        foreach (var (name, value) in second) both[name] = value?.DeepClone();
        return both;
    }
}
