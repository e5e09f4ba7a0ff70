using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

internal sealed class PreviousEpochKeyFormat() : GoldenFormat("previous-epoch-key", "§4")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("epoch 2", Inputs(2));
        yield return ("epoch 1000", Inputs(1000));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var right = Inputs(2).With(Write(Inputs(2)));
        var sealedKey = right.Bytes("previousEpochKey");
        JsonObject But(string name, JsonNode value) => right.With(new JsonObject { [name] = value });
        yield return ("another epoch", But("epoch", 3UL), nameof(ProtocolFault.EpochCommit));
        yield return ("another account", But("account", Hex(new byte[16])), nameof(ProtocolFault.EpochCommit));
        yield return ("another epoch key", But("epochKey", Hex(new byte[32])), nameof(ProtocolFault.EpochCommit));
        yield return ("another nonce", But("previousEpochKey", Hex(Forge.Flip(sealedKey, 0))),
            nameof(ProtocolFault.EpochCommit));
        yield return ("changed", But("previousEpochKey", Hex(Forge.Flip(sealedKey, 30))),
            nameof(ProtocolFault.EpochCommit));
        yield return ("another tag", But("previousEpochKey", Hex(Forge.Flip(sealedKey, 71))),
            nameof(ProtocolFault.EpochCommit));
        yield return ("not the key that its epoch commits to", But("previousEpochCommit", Hex(new byte[32])),
            nameof(ProtocolFault.EpochCommit));
    }

    public override JsonObject Write(JsonObject inputs)
    {
        var (account, epoch) = (new AccountId(inputs.Bytes("account")), inputs.Number("epoch"));
        using var key = GoldenWorld.Key(account, epoch, inputs.Bytes("epochKey"));
        using var previous = GoldenWorld.Key(account, epoch - 1, inputs.Bytes("keyBefore"));
        var info = new CborOut().Array(3).Text("keyrecovery/v1/previous-epoch-key").Bytes(account)
            .UInt(epoch).ToArray();
        return new JsonObject
        {
            ["infoAndAad"] = Hex(info),
            ["wrapKey"] = Hex(GoldenWorld.Derive(inputs.Bytes("epochKey"), info, 32)),
            ["previousEpochKey"] = Hex(key.SealPrevious(previous, new FixedRandom(inputs.Bytes("nonce")))),
            ["previousEpochCommit"] = Hex(previous.Commit.ToArray()),
        };
    }

    protected override string Judge(JsonObject told)
    {
        using var key = GoldenWorld.Key(
            new AccountId(told.Bytes("account")), told.Number("epoch"), told.Bytes("epochKey"));
        using var previous = key.OpenPrevious(told.Bytes("previousEpochKey"));
        return previous?.Commit == new Hash256(told.Bytes("previousEpochCommit"))
            ? Accepted : nameof(ProtocolFault.EpochCommit);
    }

    private static JsonObject Inputs(ulong epoch)
    {
        var random = new TestRandom(2100);
        return new JsonObject
        {
            ["account"] = Hex(random.Bytes(16)), ["epoch"] = epoch, ["epochKey"] = Hex(random.Bytes(32)),
            ["keyBefore"] = Hex(random.Bytes(32)), ["nonce"] = Hex(random.Bytes(24)),
        };
    }
}
