using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// Manifest and signed manifest: its bytes, its place on the chain, and how it follows the one before.
/// </summary>
internal sealed class ManifestFormat() : GoldenFormat("manifest", "§5")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        var first = Inputs(1, 0);
        yield return ("version 1 without items", first);
        var second = Inputs(2, 2, first);
        yield return ("version 2 with two new items", second);
        yield return ("version 3, one item changed in a new epoch, one deleted", Third(second));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var before = Inputs(2, 2, Inputs(1, 0));
        var inputs = Third(before);
        var right = inputs.With(Write(inputs));
        var manifest = Of(inputs);
        using var key = SigningKey.FromSeed(inputs.Bytes("signerSeed"));
        var told = right.Only("account", "chainSeq", "chainHash", "epoch", "signerKey", "before", "signedManifest");
        JsonObject Told(byte[] signed) => told.With(new JsonObject { ["signedManifest"] = Hex(signed) });
        JsonObject Signed(byte[] body) =>
            Told(new CborOut().Array(2).Bytes(body).Bytes(key.Sign(SignatureLabel.Manifest, body)).ToArray());
        JsonObject Changed(Func<Manifest, Manifest> change) => Signed(change(manifest).Encode());
        JsonObject But(string name, JsonNode value) => told.With(new JsonObject { [name] = value });

        foreach (var lie in Lies.OfCbor(manifest.Encode(), Signed).Where(l => l.Name != "empty"))
            yield return ($"body: {lie.Name}", lie.Told, lie.Verdict);
        var item = manifest.Items[0];
        yield return ("version 0 of the manifest", Changed(m => m with { Version = 0 }), Malformed);
        yield return ("version 0 of an item", Changed(m => m with { Items = [item with { Version = 0 }] }), Malformed);
        yield return ("one item twice", Changed(m => m with { Items = [item, item] }), Malformed);
        yield return ("items not ascending",
            Changed(m => m with { Items = [item, item with { Id = default }] }), Malformed);
        yield return ("an item larger than any",
            Changed(m => m with { Items = [item with { Size = 1_081_469 }] }), Malformed);
        yield return ("private of 39 bytes", Changed(m => m with { Private = new byte[39] }), Malformed);
        yield return ("signature of 63 bytes",
            Told(new CborOut().Array(2).Bytes(manifest.Encode()).Bytes(new byte[63]).ToArray()), Malformed);
        yield return ("outside: a byte left over", Told([.. right.Bytes("signedManifest"), 0]), Malformed);
        yield return ("outside: a third element",
            Told(new CborOut().Array(3).Bytes(manifest.Encode()).Bytes(new byte[64]).Bytes([]).ToArray()), Malformed);

        yield return ("another account's", Changed(m => m with { Account = default }),
            nameof(ProtocolFault.OtherAccount));
        yield return ("chainSeq of another link",
            Changed(m => m with { ChainHead = m.ChainHead with { Sequence = 1 } }),
            nameof(ProtocolFault.ManifestHeads));
        yield return ("chainHash of another link",
            Changed(m => m with { ChainHead = m.ChainHead with { Hash = default } }),
            nameof(ProtocolFault.ManifestHeads));
        yield return ("another epoch", Changed(m => m with { Epoch = 1 }), nameof(ProtocolFault.ManifestHeads));
        yield return ("signed by another key", But("signerKey", Hex(TestSigner(9).PublicKey.ToArray())),
            nameof(ProtocolFault.ManifestSignature));
        yield return (
            "signed under the link's label",
            Told(new CborOut().Array(2).Bytes(manifest.Encode()).Bytes(key.Sign(SignatureLabel.Link, manifest.Encode()))
                .ToArray()), nameof(ProtocolFault.ManifestSignature));
        yield return ("skips a version", Changed(m => m with { Version = 4 }), nameof(ProtocolFault.ForkedManifest));
        yield return ("follows another", Changed(m => m with { Previous = default }),
            nameof(ProtocolFault.ForkedManifest));
        yield return ("a changed item skips a version", Changed(m => m with { Items = [item with { Version = 3 }] }),
            nameof(ProtocolFault.ManifestItems));
        yield return ("a changed item keeps its version", Changed(m => m with { Items = [item with { Version = 1 }] }),
            nameof(ProtocolFault.ManifestItems));
        yield return ("a changed item of the epoch before", Changed(m => m with { Items = [item with { Epoch = 1 }] }),
            nameof(ProtocolFault.ManifestItems));
        yield return (
            "a new item begins at version 2",
            Changed(m => m with { Items = [item with { Id = default, Version = 2 }] }),
            nameof(ProtocolFault.ManifestItems));
    }

    public override JsonObject Write(JsonObject inputs)
    {
        var manifest = Of(inputs);
        using var key = SigningKey.FromSeed(inputs.Bytes("signerSeed"));
        var signed = SignedManifest.Sign(manifest, key);
        return new JsonObject
        {
            ["body"] = Hex(signed.Body),
            ["hash"] = Hex(signed.Hash.ToArray()),
            ["signerKey"] = Hex(key.PublicKey.ToArray()),
            ["signature"] = Hex(signed.Signature),
            ["signedManifest"] = Hex(signed.Bytes),
        };
    }

    protected override string Judge(JsonObject told)
    {
        var manifest = SignedManifest.Decode(told.Bytes("signedManifest"));
        var place = manifest.CheckAgainst(
            new AccountId(told.Bytes("account")),
            new ChainPlace(told.Number("chainSeq"), new Hash256(told.Bytes("chainHash"))),
            told.Number("epoch"), new VerifyKey(told.Bytes("signerKey")));
        if (place != ProtocolFault.None) return Verdict(place);
        return Verdict(
            manifest.CheckFollows(told.Text("before") is "" ? null : SignedManifest.Decode(told.Bytes("before"))));
    }

    private static Manifest Of(JsonObject inputs) => new()
    {
        Account = new AccountId(inputs.Bytes("account")),
        Version = inputs.Number("version"),
        Previous = new Hash256(inputs.Bytes("prev")),
        ChainHead = new ChainPlace(inputs.Number("chainSeq"), new Hash256(inputs.Bytes("chainHash"))),
        Epoch = inputs.Number("epoch"),
        Items = [.. inputs.List("items").Select(i => new ManifestItem(
            new ItemId(i.Bytes("id")), i.Number("version"), i.Number("epoch"), (long)i.Number("size"),
            new Hash256(i.Bytes("hash"))))],
        LeafLabel = new Hash256(inputs.Bytes("leafLabel")),
        Private = inputs.Bytes("private"),
        Signer = new AuthorityId(inputs.Bytes("signer")),
    };

    private static SigningKey TestSigner(int seed) => SigningKey.FromSeed(new TestRandom(seed).Bytes(32));

    private JsonObject Third(JsonObject second)
    {
        var third = Inputs(3, 0, second);
        third["epoch"] = 2UL;
        third["chainSeq"] = 5UL;
        third["items"] = new JsonArray(second["items"]!.AsArray()[0]!.AsObject().With(new JsonObject
        {
            ["version"] = 2UL, ["epoch"] = 2UL, ["size"] = 508UL, ["hash"] = Hex(new TestRandom(8).Bytes(32)),
        }));
        return third;
    }

    private JsonObject Inputs(ulong version, int items, JsonObject? before = null)
    {
        var random = new TestRandom(2300 + (int)version);
        var same = new TestRandom(2300);
        var written = before is null ? null : Write(before);
        return new JsonObject
        {
            ["account"] = Hex(same.Bytes(16)),
            ["version"] = version,
            ["prev"] = written is null ? Hex(new byte[32]) : written.Text("hash"),
            ["chainSeq"] = 0UL,
            ["chainHash"] = Hex(random.Bytes(32)),
            ["epoch"] = 1UL,
            ["items"] =
                new JsonArray(
                    [.. Enumerable.Range(0, items).Select(_ => random.Bytes(16)).OrderBy(id => new ItemId(id))
                        .Select(id => new JsonObject
                        {
                            ["id"] = Hex(id), ["version"] = 1UL, ["epoch"] = 1UL, ["size"] = 380UL,
                            ["hash"] = Hex(random.Bytes(32)),
                        })]),
            ["leafLabel"] = Hex(random.Bytes(32)),
            ["private"] = Hex(random.Bytes(296)),
            ["signer"] = Hex(random.Bytes(16)),
            ["signerSeed"] = Hex(random.Bytes(32)),
            ["before"] = written is null ? "" : written.Text("signedManifest"),
        };
    }
}
