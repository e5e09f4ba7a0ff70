using System.Text.Json.Nodes;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// Whole sessions: every message with its plaintext, so that a second implementation can play either side. A reader is
/// told the messages and plays both sides against them; its verdict is the first failure.
/// </summary>
internal sealed class LinkTranscriptFormat() : GoldenFormat("link-transcript", "§13.2, §13.3")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("one part", Inputs(3000, [], 40));
        yield return ("wrong digits first, two parts", Inputs(3001, ["000000"], 7_000));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs(3000, [], 40);
        var right = inputs.With(Write(inputs));
        JsonObject Swap(int at, byte[] bytes)
        {
            var told = (JsonObject)right.DeepClone();
            told["messages"]![at]!["message"] = Hex(bytes);
            return told;
        }

        byte[] Message(int at) => right["messages"]![at]!.Bytes("message");
        yield return ("new device is configured for another server",
            right.With(new JsonObject { ["newOrigin"] = "https://evil.example" }), "new: Handshake");
        yield return ("first message changed", Swap(0, Forge.Flip(Message(0), 40)), "existing: Handshake");
        yield return ("second message changed", Swap(1, Forge.Flip(Message(1), 31, 0x80)), "new: Handshake");
        yield return ("commitment changed", Swap(2, Forge.Flip(Message(2), 20)), "existing: Tampered");
        yield return ("digits cut off", Swap(3, Message(3)[..^1]), "new: Tampered");
        yield return ("digits sent back in place of the reveal", Swap(4, Message(3)), "existing: Tampered");
        yield return ("digits repeated in place of the offer", Swap(5, Message(3)), "new: Tampered");
    }

    public override JsonObject Write(JsonObject inputs)
    {
        using var transcript = new LinkTranscript(inputs, static (_, message) => message);
        Assert.Null(transcript.Run());
        Assert.Equal(inputs.Bytes("content"), transcript.Received);
        return transcript.Outputs;
    }

    protected override string Judge(JsonObject told)
    {
        var messages = told.List("messages").Select(message => message.Bytes("message")).ToList();
        using var transcript = new LinkTranscript(told, (at, _) => messages[at]);
        return transcript.Run() ?? Accepted;
    }

    private static JsonObject Inputs(int seed, string[] wrongDigits, int contentLength)
    {
        var random = new TestRandom(seed);
        var (existing, joining) = (Device(random), Device(random));
        using var phone = Authority(existing);
        var account = TestAccount.Begin(random, phone);
        return new JsonObject
        {
            ["appId"] = TestAccount.DefaultApp,
            ["origin"] = "https://keys.example.org",
            ["newOrigin"] = "https://keys.example.org",
            ["homeSeed"] = Hex(TestHome.Seed),
            ["vaultBefore"] = Hex(account.Now.Tell().Encode()),
            ["existing"] = existing,
            ["new"] = joining,
            ["name"] = "Ada's laptop",
            ["platform"] = "Linux",
            ["time"] = 1_760_000_060UL,
            ["sessionKey"] = Hex(random.Bytes(32)),
            ["seed"] = Hex(random.Bytes(32)),
            ["newEphemeral"] = Hex(random.Bytes(32)),
            ["existingEphemeral"] = Hex(random.Bytes(32)),
            ["r"] = Hex(random.Bytes(32)),
            ["wrongDigits"] = new JsonArray([.. wrongDigits.Select(digits => (JsonNode)digits)]),
            ["manifestNonce"] = Hex(random.Bytes(24)),
            ["encapsulationSeed"] = Hex(random.Bytes(64)),
            ["content"] = Hex(random.Bytes(contentLength)),
        };
    }

    private static JsonObject Device(TestRandom random) => new()
    {
        ["id"] = Hex(random.Bytes(16)), ["signingSeed"] = Hex(random.Bytes(32)), ["kemSeed"] = Hex(random.Bytes(32)),
    };

    internal static TestAuthority Authority(JsonNode device) =>
        TestAuthority.Device(device.Bytes("id"), device.Bytes("signingSeed"), device.Bytes("kemSeed"));
}
