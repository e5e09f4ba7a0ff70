using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Tests.Golden;
using KeyRecovery.Protocol.Tests.Golden.Formats;
using KeyRecovery.Protocol.Tests.Peers;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Protocol.Tests.Independent;

/// <summary>
/// Chains and vaults that the other implementation has made up, true ones and lies: both readers, each after
/// docs/protocol.md, have the same to say to them.
/// </summary>
public class BothReaders
{
    private const int Words = 10;

    [NeedsFact(Need.Node, Need.Npm)]
    public void Have_the_same_to_say_to_a_chain() => Compare(new SigchainFormat(), 200, "epoch-rule");

    [NeedsFact(Need.Node, Need.Npm)]
    public void Have_the_same_to_say_to_a_vault() => Compare(new VaultFormat(), 300, "manifest-base", "conflict");

    private static void Compare(GoldenFormat ours, int count, params string[] rare)
    {
        var request = new JsonObject { ["format"] = ours.Name, ["seed"] = 1, ["count"] = count };
        var stories = JsonNode.Parse(NodePeer.Run("stories.mjs", request.ToJsonString(), "Independent"))!
            .AsArray().Select(story => story!).ToList();
        Assert.Equal(count, stories.Count);
        // Stories that are all alike tell little.
        var words = stories.Select(story => story.Text("verdict")).ToHashSet();
        Assert.Superset(new HashSet<string>([GoldenFormat.Accepted, .. rare]), words);
        Assert.InRange(words.Count, Words, count);
        foreach (var story in stories)
        {
            var told = story["told"]!.AsObject();
            Assert.True(
                story.Text("verdict") == PageWords.Of(ours.Read(told)),
                $"{story.Text("verdict")}, and we say {ours.Read(told)}: {told.ToJsonString()}");
        }
    }
}
