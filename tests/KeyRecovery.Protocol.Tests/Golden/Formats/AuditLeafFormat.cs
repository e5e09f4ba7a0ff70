using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>A leaf of the log, with the detail and the salt that it commits to.</summary>
internal sealed class AuditLeafFormat() : GoldenFormat("audit-leaf", "§17")
{
    private const string OtherLeaf = "other-leaf";

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("created by a device", Inputs(1, 1, true, "192.0.2.0/24"));
        yield return ("committed by a slot", Inputs(2, 2, true, "2001:db8:1::/48"));
        yield return ("erased by an operator, from nowhere", Inputs(7, 3, false, ""));
        yield return ("a network of 64 bytes", Inputs(3, 1, true, new string('n', AuditDetail.MaxNetwork)));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs(2, 1, true, "192.0.2.0/24");
        var right = inputs.With(Write(inputs));
        var (leaf, detail) = (right.Bytes("leaf"), right.Bytes("detail"));
        JsonObject Leaf(byte[] bytes) => right.With(new JsonObject { ["leaf"] = Hex(bytes) });
        JsonObject Detail(byte[] bytes) => right.With(new JsonObject { ["detail"] = Hex(bytes) });
        foreach (var (name, told, verdict) in Lies.OfCbor(leaf, Leaf)) yield return ($"leaf: {name}", told, verdict);
        foreach (var (name, told, verdict) in Lies.OfCbor(detail, Detail))
            yield return ($"detail: {name}", told, verdict);
        foreach (var (name, what, role) in new[]
        {
            ("event 0", 0UL, 1UL), ("event 2^53 - 1", CborOut.MaxInteger, 1UL), ("role 0", 2UL, 0UL),
            ("role 2^53 - 1", 2UL, CborOut.MaxInteger),
        })
        {
            yield return ($"leaf: {name}", Leaf(LeafOf(what, role, 32)), Malformed);
            yield return ($"detail: {name}", Detail(DetailOf(what, role, 16, "")), Malformed);
        }

        yield return ("leaf: a label of 31 bytes", Leaf(LeafOf(2, 1, 31)), Malformed);
        yield return ("detail: an actor of 15 bytes", Detail(DetailOf(2, 1, 15, "")), Malformed);
        yield return ("detail: a network of 65 bytes", Detail(DetailOf(2, 1, 16, new string('n', 65))), Malformed);
        yield return ("another salt", right.With(new JsonObject { ["salt"] = Hex(new byte[32]) }), OtherLeaf);
        yield return ("another detail", Detail(Forge.Flip(detail, detail.Length - 1)), OtherLeaf);
        yield return ("another commitment", Leaf(Forge.Flip(leaf, leaf.Length - 35)), OtherLeaf);
        yield return ("another policy", Leaf(Forge.Flip(leaf, leaf.Length - 1)), OtherLeaf);
        yield return ("the event of another leaf", Leaf(Write(Inputs(3, 1, true, "")).Bytes("leaf")), OtherLeaf);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        var detail = new AuditDetail
        {
            Account = new AccountId(inputs.Bytes("account")),
            Time = inputs.Number("time"),
            Event = (AuditEvent)inputs.Number("event"),
            Role = (AuditRole)inputs.Number("role"),
            Actor = inputs.Bytes("actor") is { Length: > 0 } actor ? new AuthorityId(actor) : null,
            Network = inputs.Text("network"),
            Label = new Hash256(inputs.Bytes("leafLabel")),
            Chain = new ChainPlace(inputs.Number("chainSeq"), new Hash256(inputs.Bytes("chainHash"))),
            Manifest = new ManifestPlace(
                inputs.Number("manifestVersion"), new Hash256(inputs.Bytes("manifestHash"))),
            Policy = new Hash256(inputs.Bytes("policy")),
        };
        var leaf = AuditLeaf.Of(detail, new Hash256(inputs.Bytes("salt")));
        return new JsonObject
        {
            ["detail"] = Hex(detail.Encode()),
            ["commitment"] = Hex(leaf.Commitment.ToArray()),
            ["leaf"] = Hex(leaf.Encode()),
            ["leafHash"] = Hex(MerkleTree.LeafHash(leaf.Encode()).ToArray()),
        };
    }

    protected override string Judge(JsonObject told)
    {
        var leaf = AuditLeaf.Decode(told.Bytes("leaf"));
        var detail = AuditDetail.Decode(told.Bytes("detail"));
        return leaf == AuditLeaf.Of(detail, new Hash256(told.Bytes("salt"))) ? Accepted : OtherLeaf;
    }

    // Written out, so that the file does not follow the code it checks.
    private static byte[] LeafOf(ulong what, ulong role, int label) => new CborOut().Array(8)
        .Text("keyrecovery/v1/audit-leaf").UInt(1).UInt(1).UInt(what).UInt(role).Bytes(new byte[label])
        .Bytes(new byte[32]).Bytes(new byte[32]).ToArray();

    private static byte[] DetailOf(ulong what, ulong role, int actor, string network) => new CborOut().Array(12)
        .Text("keyrecovery/v1/audit-detail").UInt(1).Bytes(new byte[16]).UInt(1).UInt(what).UInt(role)
        .Bytes(new byte[actor]).Text(network).Bytes(new byte[32]).Array(2).UInt(1).Bytes(new byte[32])
        .Array(2).UInt(1).Bytes(new byte[32]).Bytes(new byte[32]).ToArray();

    private static JsonObject Inputs(ulong what, ulong role, bool hasActor, string network)
    {
        var random = new TestRandom(4850);
        return new JsonObject
        {
            ["salt"] = Hex(random.Bytes(32)), ["account"] = Hex(random.Bytes(16)), ["time"] = 1_800_000_000UL,
            ["event"] = what, ["role"] = role, ["actor"] = Hex(hasActor ? random.Bytes(16) : []),
            ["network"] = network, ["leafLabel"] = Hex(random.Bytes(32)), ["chainSeq"] = 3UL,
            ["chainHash"] = Hex(random.Bytes(32)), ["manifestVersion"] = 12UL,
            ["manifestHash"] = Hex(random.Bytes(32)), ["policy"] = Hex(random.Bytes(32)),
        };
    }
}
