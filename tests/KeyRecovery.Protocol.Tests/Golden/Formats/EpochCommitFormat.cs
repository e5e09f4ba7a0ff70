using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

internal sealed class EpochCommitFormat() : GoldenFormat("epoch-commit", "§4")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        foreach (var epoch in new ulong[] { 1, 2, 24, 256, 65536, 1UL << 32, (1UL << 53) - 1 })
            yield return ($"epoch {epoch}", Inputs(epoch));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var right = Inputs(2).With(Write(Inputs(2)));
        yield return ("another epoch's", right.With(new JsonObject { ["epoch"] = 3UL }),
            nameof(ProtocolFault.EpochCommit));
        yield return ("another account's", right.With(new JsonObject { ["account"] = Hex(new byte[16]) }),
            nameof(ProtocolFault.EpochCommit));
        yield return ("another key's", right.With(new JsonObject { ["epochKey"] = Hex(new byte[32]) }),
            nameof(ProtocolFault.EpochCommit));
    }

    public override JsonObject Write(JsonObject inputs)
    {
        var info = new CborOut().Array(3).Text("keyrecovery/v1/epoch-commit").Bytes(inputs.Bytes("account"))
            .UInt(inputs.Number("epoch")).ToArray();
        return new JsonObject { ["info"] = Hex(info), ["epochCommit"] = Hex(Commit(inputs).ToArray()) };
    }

    protected override string Judge(JsonObject told) =>
        Commit(told) == new Hash256(told.Bytes("epochCommit")) ? Accepted : nameof(ProtocolFault.EpochCommit);

    private static Hash256 Commit(JsonObject told)
    {
        using var key = GoldenWorld.Key(
            new AccountId(told.Bytes("account")), told.Number("epoch"), told.Bytes("epochKey"));
        return key.Commit;
    }

    private static JsonObject Inputs(ulong epoch)
    {
        var random = new TestRandom(2000);
        return new JsonObject {
            ["account"] = Hex(random.Bytes(16)), ["epoch"] = epoch, ["epochKey"] = Hex(random.Bytes(32)),
        };
    }
}
