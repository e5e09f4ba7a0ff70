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
    private const int Stories = 200;
    private const int Words = 10;

    [NeedsFact(Need.Node, Need.Npm)]
    public void Have_the_same_to_say_to_a_chain() => Compare(new SigchainFormat(), "epoch-rule");

    [NeedsFact(Need.Node, Need.Npm)]
    public void Have_the_same_to_say_to_a_vault() => Compare(new VaultFormat(), "manifest-base");

    private static void Compare(GoldenFormat ours, string rare)
    {
        var request = new JsonObject { ["format"] = ours.Name, ["seed"] = 1, ["count"] = Stories };
        var stories = JsonNode.Parse(NodePeer.Run("stories.mjs", request.ToJsonString(), "Independent"))!
            .AsArray().Select(story => story!).ToList();
        Assert.Equal(Stories, stories.Count);
        Assert.Contains(GoldenFormat.Accepted, stories.Select(story => story.Text("verdict")));
        Assert.Contains(rare, stories.Select(story => story.Text("verdict")));
        // Stories that are all alike tell little.
        Assert.InRange(stories.Select(story => story.Text("verdict")).Distinct().Count(), Words, Stories);
        foreach (var story in stories)
        {
            var told = story["told"]!.AsObject();
            Assert.True(
                story.Text("verdict") == PageWords.Of(ours.Read(told)),
                $"{story.Text("verdict")}, and we say {ours.Read(told)}: {told.ToJsonString()}");
        }
    }
}
