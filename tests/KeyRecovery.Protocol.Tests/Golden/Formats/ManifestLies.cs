using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>One manifest with one thing wrong in each example: its shape, place, signature or items.</summary>
internal sealed class ManifestLies(ManifestFormat format, JsonObject inputs)
{
    private readonly Manifest _manifest = ManifestFormat.Of(inputs);
    private readonly JsonObject _right = inputs.With(format.Write(inputs));

    public IEnumerable<(string, JsonObject, string)> All() => Shapes().Concat(Places()).Concat(Follows());

    private IEnumerable<(string, JsonObject, string)> Shapes()
    {
        var (item, body) = (_manifest.Items[0], _manifest.Encode());
        foreach (var lie in Lies.OfCbor(body, Signed).Where(l => l.Name != "empty"))
            yield return ($"body: {lie.Name}", lie.Told, lie.Verdict);
        yield return Malformed("version 0 of the manifest", m => m with { Version = 0 });
        yield return Malformed("version 0 of an item", m => m with { Items = [item with { Version = 0 }] });
        yield return Malformed("one item twice", m => m with { Items = [item, item] });
        yield return Malformed("items not ascending", m => m with { Items = [item, item with { Id = default }] });
        yield return Malformed("an item larger than any", m => m with {
            Items = [item with { Size = SealedItem.MaxSizeOf(Limits.MaxItemBytes) + 1 }],
        });
        yield return Malformed("1,025 items", m => m with {
            Items = [.. Enumerable.Range(0, 1025).Select(i =>
                new ManifestItem(new ItemId([.. new byte[14], (byte)(i >> 8), (byte)(i & 0xff)]), 1, 1, 380, default))],
        });
        yield return Malformed("private of 39 bytes", m => m with { Private = new byte[39] });
        yield return Malformed("private of 131,073 bytes", m => m with { Private = new byte[131_073] });
        yield return ("trail of 31 bytes",
            Signed(Lies.Replace(body, Lies.Cbor(inputs.Bytes("trail")), Lies.Cbor(new byte[31]))),
            GoldenFormat.Malformed);
        byte[] Base(ulong version, int hash) => Lies.Replace(
            body, [.. Lies.Cbor(inputs.Bytes("trail")), 0, 0x40],
            [.. Lies.Cbor(inputs.Bytes("trail")), .. new CborOut().UInt(version).ToArray(),
                .. Lies.Cbor(new byte[hash])]);
        yield return ("a base with a hash and without a version", Signed(Base(0, 32)), GoldenFormat.Malformed);
        yield return ("a base with a version and without a hash", Signed(Base(2, 0)), GoldenFormat.Malformed);
        yield return ("a base with a hash of 31 bytes", Signed(Base(2, 31)), GoldenFormat.Malformed);
        yield return ("a base with a hash of 33 bytes", Signed(Base(2, 33)), GoldenFormat.Malformed);
        yield return ("signature of 63 bytes",
            Told(new CborOut().Array(2).Bytes(body).Bytes(new byte[63]).ToArray()), GoldenFormat.Malformed);
        yield return ("outside: a byte left over",
            Told([.. _right.Bytes("signedManifest"), 0]), GoldenFormat.Malformed);
        yield return ("outside: a third element",
            Told(new CborOut().Array(3).Bytes(body).Bytes(new byte[64]).Bytes([]).ToArray()), GoldenFormat.Malformed);
    }

    private IEnumerable<(string, JsonObject, string)> Places()
    {
        const string heads = nameof(ProtocolFault.ManifestHeads), signature = nameof(ProtocolFault.ManifestSignature);
        yield return ("another account's", Changed(m => m with { Account = default }),
            nameof(ProtocolFault.OtherAccount));
        yield return ("chainSeq of another link",
            Changed(m => m with { ChainHead = m.ChainHead with { Sequence = 0 } }), heads);
        yield return ("chainHash of another link",
            Changed(m => m with { ChainHead = m.ChainHead with { Hash = default } }), heads);
        yield return ("another epoch", Changed(m => m with { Epoch = 1 }), heads);
        using var stranger = SigningKey.FromSeed(new TestRandom(9).Bytes(32));
        yield return ("signed by another key",
            Told().With(new JsonObject { ["signerKey"] = Hex(stranger.PublicKey.ToArray()) }), signature);
        using var key = ManifestFormat.SigningKeyOf(inputs);
        var body = _manifest.Encode();
        yield return ("signed under the link's label",
            Told(new CborOut().Array(2).Bytes(body).Bytes(key.Sign(SignatureLabel.Link, body)).ToArray()), signature);
    }

    private IEnumerable<(string, JsonObject, string)> Follows()
    {
        const string forked = nameof(ProtocolFault.ForkedManifest), items = nameof(ProtocolFault.ManifestItems);
        var item = _manifest.Items[0];
        yield return ("skips a version", Changed(m => m with { Version = 4 }), forked);
        yield return ("follows another", Changed(m => m with { Previous = default }), forked);
        yield return ("another trail", Changed(m => m with { Trail = default }), forked);
        yield return ("the trail of the manifest before",
            Changed(m => m with { Trail = SignedManifest.Decode(inputs.Bytes("before")).Manifest.Trail }), forked);
        yield return ("a changed item skips a version",
            Changed(m => m with { Items = [item with { Version = 3 }] }), items);
        yield return ("a changed item keeps its version",
            Changed(m => m with { Items = [item with { Version = 1 }] }), items);
        yield return ("a changed item of the epoch before",
            Changed(m => m with { Items = [item with { Epoch = 1 }] }), items);
        yield return ("a new item begins at version 2",
            Changed(m => m with { Items = [item with { Id = default, Version = 2 }] }), items);
    }

    private (string, JsonObject, string) Malformed(string name, Func<Manifest, Manifest> change) =>
        (name, Changed(change), GoldenFormat.Malformed);

    private JsonObject Changed(Func<Manifest, Manifest> change) => Signed(change(_manifest).Encode());

    private JsonObject Signed(byte[] body)
    {
        using var key = ManifestFormat.SigningKeyOf(inputs);
        return Told(new CborOut().Array(2).Bytes(body).Bytes(key.Sign(SignatureLabel.Manifest, body)).ToArray());
    }

    private JsonObject Told(byte[]? signed = null) => _right
        .Only("account", "chainSeq", "chainHash", "path", "signerKey", "before", "base", "signedManifest")
        .With(signed is null ? [] : new JsonObject { ["signedManifest"] = Hex(signed) });
}
