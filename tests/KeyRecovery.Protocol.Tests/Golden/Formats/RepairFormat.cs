using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

internal sealed class RepairFormat() : GoldenFormat("repair", "§7")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        var account = new GoldenWorld().Account;
        yield return ("one link", Inputs(account.History[0]));
        yield return ("a whole chain", Inputs(account.Now));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var vault = new GoldenWorld().Account.History[0];
        var (link, keyset, manifest) =
            (vault.Links[0].Bytes.ToArray(), vault.Keyset.Bytes.ToArray(), vault.Manifest.Bytes.ToArray());
        JsonObject Of(byte[][] links, byte[] keyset, byte[] manifest)
        {
            var writer = new CborOut().Array(5).Text(Labels.Repair).UInt(1).Array(links.Length);
            foreach (var one in links) writer.Bytes(one);
            return Told(writer.Bytes(keyset).Bytes(manifest).ToArray());
        }

        foreach (var lie in Lies.OfCbor(Write(Inputs(vault)).Bytes("repair"), Told)) yield return lie;
        yield return ("no links", Of([], keyset, manifest), Malformed);
        yield return ("no keyset", Of([link], [], manifest), Malformed);
        yield return ("no manifest", Of([link], keyset, []), Malformed);
        yield return ("an empty link", Of([link, []], keyset, manifest), Malformed);
        yield return ("keyset and manifest swapped", Of([link], manifest, keyset), Malformed);
    }

    public override JsonObject Write(JsonObject inputs) => Told(new RepairBundle(
        [.. inputs.BytesList("links").Select(l => SignedChainLink.Decode(l))], Keyset.Decode(inputs.Bytes("keyset")),
        SignedManifest.Decode(inputs.Bytes("signedManifest"))).Encode());

    protected override string Judge(JsonObject told)
    {
        var bytes = told.Bytes("repair");
        Assert.Equal(bytes, RepairBundle.Decode(bytes).Encode());
        return Accepted;
    }

    private static JsonObject Told(byte[] repair) => new() { ["repair"] = Hex(repair) };

    private static JsonObject Inputs(ServedVault vault) => new()
    {
        ["links"] = HexArray(vault.Links.Select(l => l.Bytes.ToArray())),
        ["keyset"] = Hex(vault.Keyset.Bytes),
        ["signedManifest"] = Hex(vault.Manifest.Bytes),
    };
}
