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
        yield return ("no head", Inputs(account.History[0], withHead: false));
        yield return ("two keysets of one epoch", Inputs(account.History[1]));
        yield return ("a whole chain", Inputs(account.Now));
        yield return ("hashes of the newest alone", Inputs(account.Now, from: 3));
        yield return ("no hash", Inputs(account.Now, from: 4));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var vault = new GoldenWorld().Account.History[0];
        var (link, keyset, manifest) =
            (vault.Links[0].Bytes.ToArray(), vault.Keysets[0].Bytes.ToArray(), vault.Manifest.Bytes.ToArray());
        var head = TestHome.Sign(vault.Manifest).Bytes.ToArray();
        JsonObject Of(
            byte[][] links, byte[][] keysets, byte[] manifest, byte[]? signedHead = null, byte[]? trail = null,
            params byte[][] between)
        {
            var writer = new CborOut().Array(8).Text(Labels.Repair).UInt(1).Array(links.Length);
            foreach (var one in links) writer.Bytes(one);
            writer.Array(keysets.Length);
            foreach (var one in keysets) writer.Bytes(one);
            writer.Bytes(manifest).Bytes(signedHead ?? []).Bytes(trail ?? new byte[32]).Array(between.Length);
            foreach (var one in between) writer.Bytes(one);
            return Told(writer.ToArray());
        }

        foreach (var lie in Lies.OfCbor(Write(Inputs(vault)).Bytes("repair"), Told)) yield return lie;
        yield return ("no links", Of([], [keyset], manifest), Malformed);
        yield return ("no keyset", Of([link], [], manifest), Malformed);
        yield return ("an empty keyset", Of([link], [[]], manifest), Malformed);
        yield return ("33 keysets", Of([link], [.. Enumerable.Repeat(new byte[1], 33)], manifest), Malformed);
        yield return ("no manifest", Of([link], [keyset], []), Malformed);
        yield return ("an empty link", Of([link, []], [keyset], manifest), Malformed);
        yield return ("keyset and manifest swapped", Of([link], [manifest], keyset), Malformed);
        yield return ("half a head", Of([link], [keyset], manifest, head[..^1]), Malformed);
        yield return (
            "a hash of 31 bytes between", Of([link], [keyset], manifest, head, null, new byte[31]), Malformed);
        yield return ("no trail", Of([link], [keyset], manifest, head, []), Malformed);
        yield return ("a trail of 33 bytes", Of([link], [keyset], manifest, head, new byte[33]), Malformed);
    }

    public override JsonObject Write(JsonObject inputs) => Told(new RepairBundle(
        [.. inputs.BytesList("links").Select(l => SignedChainLink.Decode(l))],
        [.. inputs.BytesList("keysets").Select(k => Keyset.Decode(k))],
        SignedManifest.Decode(inputs.Bytes("signedManifest")))
    {
        Head = inputs.Bytes("signedHead") is { Length: > 0 } head ? SignedHead.Decode(head) : null,
        Trail = new Hash256(inputs.Bytes("trail")),
        Between = [.. inputs.BytesList("between").Select(hash => new Hash256(hash))],
    }.Encode());

    protected override string Judge(JsonObject told)
    {
        var bytes = told.Bytes("repair");
        Assert.Equal(bytes, RepairBundle.Decode(bytes).Encode());
        return Accepted;
    }

    private static JsonObject Told(byte[] repair) => new() { ["repair"] = Hex(repair) };

    private static JsonObject Inputs(ServedVault vault, bool withHead = true, ulong from = 1) => new()
    {
        ["links"] = HexArray(vault.Links.Select(l => l.Bytes.ToArray())),
        ["keysets"] = HexArray(vault.Keysets.Select(k => k.Bytes.ToArray())),
        ["signedManifest"] = Hex(vault.Manifest.Bytes),
        ["signedHead"] = withHead ? Hex(TestHome.Sign(vault.Manifest).Bytes) : "",
        ["trail"] = Hex(vault.TrailOf(from).ToArray()),
        ["between"] = HexArray(vault.Hashes.Skip((int)from - 1).Select(hash => hash.ToArray())),
    };
}
