using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Tests.Vectors;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// What is signed under a label, and the signatures by which verifiers of Ed25519 differ, each with the rules that it
/// breaks.
/// </summary>
internal sealed class SignatureFormat() : GoldenFormat("signature", "§1.2")
{
    private const string Wrong = "wrong-signature";

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        foreach (var label in SignatureLabels.All) yield return (label.ToString(), Inputs(label, 40));
        yield return ("an empty body", Inputs(SignatureLabel.Link, 0));
        yield return ("a body of 1,000 bytes", Inputs(SignatureLabel.Manifest, 1000));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs(SignatureLabel.Link, 40);
        var right = inputs.With(Write(inputs)).Only("publicKey", "label", "body", "signature");
        var signature = right.Bytes("signature");
        JsonObject But(string name, JsonNode value) => right.With(new JsonObject { [name] = value });
        JsonObject Signed(byte[] other) => But("signature", Hex(other));
        yield return ("another label", But("label", SignatureLabel.LinkPossession.ToString()), Wrong);
        yield return ("another body", But("body", Hex(Forge.Flip(right.Bytes("body"), 0))), Wrong);
        yield return ("another key", But("publicKey", Hex(Key(1))), Wrong);
        yield return ("R changed", Signed(Forge.Flip(signature, 0)), Wrong);
        yield return ("S changed", Signed(Forge.Flip(signature, 32)), Wrong);
        yield return ("63 bytes", Signed(signature[..63]), Wrong);
        yield return ("65 bytes", Signed([.. signature, 0]), Wrong);
        yield return ("no bytes", Signed([]), Wrong);
        yield return ("nothing but zeros", Signed(new byte[64]), Wrong);
        foreach (var rogue in RogueSignatures.All())
        {
            var told = new JsonObject
            {
                ["publicKey"] = Hex(rogue.Key), ["label"] = RogueSignatures.Label,
                ["body"] = Hex(System.Text.Encoding.ASCII.GetBytes(RogueSignatures.Body)),
                ["signature"] = Hex(rogue.Signature),
                ["breaks"] = new JsonArray([.. Enum.GetValues<Ed25519Rules>()
                    .Where(rule => rule is not (Ed25519Rules.None or Ed25519Rules.All) && rogue.Breaks.HasFlag(rule))
                    .Select(rule => (JsonNode)rule.ToString())]),
            };
            var isKey = rogue.Breaks.HasFlag(Ed25519Rules.KeyOfPrimeOrder);
            yield return (rogue.Name, told, isKey ? Malformed : Wrong);
        }
    }

    public override JsonObject Write(JsonObject inputs)
    {
        using var key = SigningKey.FromSeed(inputs.Bytes("seed"));
        return new JsonObject
        {
            ["publicKey"] = Hex(key.PublicKey.ToArray()),
            ["signed"] = Hex(
                [.. System.Text.Encoding.ASCII.GetBytes(inputs.Text("label")), 0, .. inputs.Bytes("body")]),
            ["signature"] = Hex(key.Sign(SignatureLabels.Of(inputs.Text("label")), inputs.Bytes("body"))),
        };
    }

    protected override string Judge(JsonObject told)
    {
        var key = new VerifyKey(told.Bytes("publicKey"));
        return key.Verify(SignatureLabels.Of(told.Text("label")), told.Bytes("body"), told.Bytes("signature"))
            ? Accepted : Wrong;
    }

    private static byte[] Key(int seed)
    {
        using var key = SigningKey.FromSeed(new TestRandom(seed).Bytes(32));
        return key.PublicKey.ToArray();
    }

    private static JsonObject Inputs(SignatureLabel label, int length)
    {
        var random = new TestRandom(3500 + length);
        return new JsonObject
        {
            ["seed"] = Hex(random.Bytes(32)), ["label"] = label.ToString(), ["body"] = Hex(random.Bytes(length)),
        };
    }
}
