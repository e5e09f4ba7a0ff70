using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KeyRecovery.Protocol.Tests.Golden;
using KeyRecovery.Protocol.Tests.Peers;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Protocol.Tests.Independent;

/// <summary>
/// The formats of docs/protocol.md once more, in another language, written from that page and the golden files alone:
/// the .mjs files beside this one. What they make of a golden file has to be what stands in it.
/// </summary>
public sealed partial class IndependentImplementation
{
    private static readonly string Files = Path.Combine(AppContext.BaseDirectory, "Golden");
    private static readonly ConcurrentDictionary<string, Lazy<(JsonObject File, JsonNode Answer)>> Asked = new();

    /// <summary>Every golden file that there is: one that the other implementation does not know fails.</summary>
    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(Files, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)!).Order()];

    [NeedsTheory(Need.Node, Need.Npm)]
    [MemberData(nameof(Names))]
    public void It_makes_what_a_golden_file_holds_and_refuses_what_it_refuses(string name)
    {
        var (file, answer) = Ask(name);
        foreach (var (example, made) in Pairs(file, answer, "valid"))
        {
            Assert.Equal((example.Text("name"), GoldenFormat.Accepted), (example.Text("name"), made.Text("verdict")));
            Assert.True(JsonNode.DeepEquals(example["outputs"], made["outputs"]),
                $"{example.Text("name")}: {made["outputs"]!.ToJsonString()}");
        }

        foreach (var (example, verdict) in Pairs(file, answer, "invalid"))
            Assert.Equal((example.Text("name"), PageWords.Of(example.Text("verdict"))),
                (example.Text("name"), verdict.GetValue<string>()));
    }

    /// <summary>A negative control: neither what is made nor what is verified is a copy of what was told.</summary>
    [NeedsTheory(Need.Node, Need.Npm)]
    [MemberData(nameof(Names))]
    public void It_does_not_take_a_case_in_which_one_bit_has_changed(string name)
    {
        var (file, answer) = Ask(name);
        Assert.NotEmpty(file.List("changed"));
        foreach (var (example, made) in Pairs(file, answer, "changed"))
            Assert.False(
                made.Text("verdict") == GoldenFormat.Accepted
                && (example.Text("changed") == "outputs" || JsonNode.DeepEquals(example["outputs"], made["outputs"])),
                $"{example.Text("name")}, {example.Text("changed")}");
    }

    [NeedsFact(Need.Node, Need.Npm)]
    public void Its_structures_stand_on_the_page_letter_by_letter()
    {
        var page = File.ReadAllText(Page());
        Assert.Empty(MissingOn(page));
        Assert.Equal(["entry"], MissingOn(page.Replace("[id b16, kemKey b1216, seal b1168]",
            "[id b16, seal b1168, kemKey b1216]", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> MissingOn(string page) =>
        JsonNode.Parse(NodePeer.Run("page.mjs", page, "Independent"))!.AsArray().Select(name => $"{name}");

    /// <summary>A golden file with its changed cases, and what the other implementation says to all.</summary>
    private static (JsonObject File, JsonNode Answer) Ask(string name) =>
        Asked.GetOrAdd(name, _ => new(() =>
        {
            var file = Open(name);
            var changed = file.List("valid").SelectMany(_ => new[] { "inputs", "outputs" }, Changed);
            file["changed"] = new JsonArray([.. changed.OfType<JsonNode>()]);
            return (file, JsonNode.Parse(NodePeer.Run("golden.mjs", file.ToJsonString(), "Independent"))!);
        })).Value;

    private static IEnumerable<(JsonNode Example, JsonNode Made)> Pairs(JsonNode file, JsonNode answer, string which)
    {
        Assert.Equal(file.List(which).Count(), answer.List(which).Count());
        return file.List(which).Zip(answer.List(which));
    }

    /// <summary>The file in one form: recovery-code.json, which others computed, has a list of its own.</summary>
    private static JsonObject Open(string name)
    {
        var file = JsonNode.Parse(File.ReadAllText(Path.Combine(Files, $"{name}.json")))!.AsObject();
        if (file["codes"] is not JsonArray codes) return file;
        return new JsonObject
        {
            ["format"] = name,
            ["valid"] = new JsonArray([.. codes.Select(code => code!.AsObject()).Select(code => new JsonObject
            {
                ["name"] = code.Text("code"),
                ["inputs"] = code.Only("entropy"),
                ["outputs"] = code.Only("code", "slotId", "signingKey", "kemKeyHash"),
            })]),
            ["invalid"] = new JsonArray(),
        };
    }

    /// <summary>
    /// The example with one bit changed in the middle of the longest bytes among its inputs or its outputs; null where
    /// it has no outputs of bytes.
    /// </summary>
    private static JsonObject? Changed(JsonNode example, string which)
    {
        var copy = example.DeepClone().AsObject();
        if (Longest(copy["outputs"]) is null) return null;
        copy["changed"] = which;
        var longest = Longest(copy[which])!;
        var bytes = Convert.FromHexString(longest.GetValue<string>());
        // No bit that X25519 sets by itself.
        bytes[bytes.Length / 2] ^= 0x10;
        longest.ReplaceWith(GoldenJson.Hex(bytes));
        return copy;
    }

    private static JsonValue? Longest(JsonNode? node) => Leaves(node)
        .Where(leaf => leaf.TryGetValue<string>(out var text) && Bytes().IsMatch(text))
        .MaxBy(leaf => leaf.GetValue<string>().Length);

    private static IEnumerable<JsonValue> Leaves(JsonNode? node) => node switch
    {
        JsonObject all => all.SelectMany(member => Leaves(member.Value)),
        JsonArray list => list.SelectMany(Leaves),
        JsonValue leaf => [leaf],
        _ => [],
    };

    private static string Page()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "docs", "protocol.md"))) folder = folder.Parent;
        return Path.Combine(folder.FullName, "docs", "protocol.md");
    }

    [GeneratedRegex("^([0-9a-f]{2}){16,}$")]
    private static partial Regex Bytes();
}
