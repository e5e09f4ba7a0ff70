using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// No reader refuses a leaf label: it tells the account's own devices their leaves, and nobody else anything.
/// </summary>
internal sealed class LeafLabelFormat() : GoldenFormat("leaf-label", "§5")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        var random = new TestRandom(2500);
        foreach (var version in new ulong[] { 1, 2, 1000 })
            yield return ($"version {version}",
                new JsonObject {
                    ["account"] = Hex(random.Bytes(16)), ["version"] = version, ["logKey"] = Hex(random.Bytes(32)),
                });
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid() => [];

    public override JsonObject Write(JsonObject inputs)
    {
        var (account, version) = (new AccountId(inputs.Bytes("account")), inputs.Number("version"));
        using var labelKey = SecretBytes.Copy(inputs.Bytes("logKey"));
        return new JsonObject
        {
            ["message"] = Hex(new CborOut().Array(3).Text("keyrecovery/v1/leaf-label").Bytes(account).UInt(version)
                .ToArray()),
            ["leafLabel"] = Hex(ManifestPrivate.LeafLabel(labelKey, account, version).ToArray()),
        };
    }

    protected override string Judge(JsonObject told) => Accepted;
}
