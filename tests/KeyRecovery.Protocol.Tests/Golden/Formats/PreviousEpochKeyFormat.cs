using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>The box in which an epoch holds the key of an earlier one: sealed in one way only, its nonce not written.
/// </summary>
internal sealed class PreviousEpochKeyFormat() : GoldenFormat("previous-epoch-key", "§4")
{
    private const string Unsound = nameof(ProtocolFault.UnsoundEpoch);

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("epoch 2", Inputs(2, 1));
        yield return ("epoch 1000", Inputs(1000, 999));
        yield return ("epoch 7 leads to epoch 3", Inputs(7, 3));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var right = Inputs(3, 1).With(Write(Inputs(3, 1)));
        var box = right.Bytes("previousEpochKey");
        JsonObject But(string name, JsonNode value) => right.With(new JsonObject { [name] = value });
        JsonObject Box(byte[] other) => But("previousEpochKey", Hex(other));
        yield return ("another epoch", But("epoch", 4UL), Unsound);
        yield return ("another previous epoch", But("previousEpoch", 2UL), Unsound);
        yield return ("another account", But("account", Hex(new byte[16])), Unsound);
        yield return ("another epoch key", But("epochKey", Hex(new byte[32])), Unsound);
        yield return ("changed", Box(Forge.Flip(box, 0)), Unsound);
        yield return ("another tag", Box(Forge.Flip(box, 47)), Unsound);
        yield return ("47 bytes", Box(box[1..]), Unsound);
        yield return ("49 bytes", Box([.. box, 0]), Unsound);
        yield return ("with a nonce in front", Box([.. right.Bytes("nonce"), .. box]), Unsound);
        yield return ("random bytes", Box(new TestRandom(2102).Bytes(48)), Unsound);
        yield return ("under a nonce of the writer's choice", Box(Seal(right, right.Bytes("keyBefore"), 1)), Unsound);
        yield return ("opens to another key than its epoch commits to", Box(Seal(right, new byte[32], 0)), Unsound);
        yield return ("not the key that its epoch commits to",
            But("previousEpochCommit", Hex(new byte[32])), Unsound);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        var (account, epoch) = (new AccountId(inputs.Bytes("account")), inputs.Number("epoch"));
        using var key = GoldenWorld.Key(account, epoch, inputs.Bytes("epochKey"));
        using var previous = GoldenWorld.Key(account, inputs.Number("previousEpoch"), inputs.Bytes("keyBefore"));
        var context = new CborOut().Array(5).Text("keyrecovery/v1/previous-epoch-key").Bytes(account)
            .UInt(epoch).UInt(inputs.Number("previousEpoch")).Bytes(previous.Commit).ToArray();
        var derived = GoldenWorld.Derive(inputs.Bytes("epochKey"), context, 56);
        return new JsonObject
        {
            ["previousEpochCommit"] = Hex(previous.Commit.ToArray()),
            ["infoAndAad"] = Hex(context),
            ["wrapKey"] = Hex(derived.AsSpan(0, 32)),
            ["nonce"] = Hex(derived.AsSpan(32)),
            ["previousEpochKey"] = Hex(key.SealPrevious(previous)),
        };
    }

    protected override string Judge(JsonObject told)
    {
        using var key = GoldenWorld.Key(
            new AccountId(told.Bytes("account")), told.Number("epoch"), told.Bytes("epochKey"));
        using var previous = key.OpenPrevious(
            told.Number("previousEpoch"), new Hash256(told.Bytes("previousEpochCommit")),
            told.Bytes("previousEpochKey"));
        return previous is null ? Unsound : Accepted;
    }

    /// <summary>Any plaintext in a box of the right context, its nonce changed by so much.</summary>
    private static byte[] Seal(JsonObject right, byte[] plaintext, byte nonceMask)
    {
        var box = new byte[plaintext.Length + 16];
        Sodium.XChaChaSeal(
            box, plaintext, right.Bytes("infoAndAad"), Forge.Flip(right.Bytes("nonce"), 0, nonceMask),
            right.Bytes("wrapKey"));
        return box;
    }

    private static JsonObject Inputs(ulong epoch, ulong previous)
    {
        var random = new TestRandom(2100 + (int)epoch);
        return new JsonObject
        {
            ["account"] = Hex(random.Bytes(16)), ["epoch"] = epoch, ["previousEpoch"] = previous,
            ["epochKey"] = Hex(random.Bytes(32)), ["keyBefore"] = Hex(random.Bytes(32)),
        };
    }
}
