using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

internal sealed class ManifestPrivateFormat() : GoldenFormat("manifest-private", "§5")
{
    private static readonly TestRandom Random = new(2400);
    private static readonly byte[][] Ids =
        [.. Enumerable.Range(0, 3).Select(_ => Random.Bytes(16)).OrderBy(id => new ItemId(id))];

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("nothing but the log key", Inputs());
        yield return ("an item, an authority", Inputs([(0, "identity keys")], [(1, "Ann's phone", 0)]));
        yield return (
            "names of any script, an unnamed authority, a slot to replace",
            Inputs([(0, "日記"), (1, new string('n', 64)), (2, "🔑")], [(0, "", 0), (1, "Drucker im Büro", 1)]));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        const string fault = nameof(ProtocolFault.ManifestPrivate);
        var inputs = Inputs([(0, "identity keys")], [(1, "Ann's phone", 0)]);
        var right = inputs.With(Write(inputs));
        var content = right.Bytes("content");
        string[] members = ["account", "version", "epoch", "epochKey", "items", "private"];
        var told = right.Only(members);
        JsonObject Sealed(byte[] padded) => told.With(new JsonObject
        {
            ["private"] = Hex(SecretBox.Seal(right.Bytes("key"), right.Bytes("aad"), padded, new TestRandom(1))),
        });
        JsonObject Content(byte[] content) => Sealed(Padme.Pad(content));
        JsonObject But(string name, JsonNode value) => told.With(new JsonObject { [name] = value });
        JsonObject With(
            (byte[] Id, string Name, ulong Length)[]? items = null,
            (byte[] Id, string Name, ulong Flags)[]? authorities = null) => Content(Encode(
                inputs.Bytes("logKey"), items ?? [(Ids[0], "identity keys", 0)], authorities ?? []));

        foreach (var lie in Lies.OfCbor(content, Content))
            yield return (lie.Name, lie.Told, lie.Verdict == Malformed ? fault : lie.Verdict);
        yield return ("unknown flag", With(authorities: [(Ids[0], "", 2)]), UpgradeRequired);
        yield return ("an item that the manifest lacks", With(items: [(Ids[0], "a", 0), (Ids[1], "b", 0)]), fault);
        yield return ("no note for an item of the manifest", With(items: []), fault);
        yield return ("a note for another item", With(items: [(Ids[1], "a", 0)]), fault);
        yield return ("an item without a name", With(items: [(Ids[0], "", 0)]), fault);
        yield return ("an item's name of 65 bytes", With(items: [(Ids[0], new string('n', 65), 0)]), fault);
        yield return ("an item's length above 1,048,576", With(items: [(Ids[0], "a", 1_048_577)]), fault);
        yield return ("an authority's name of 65 bytes", With(authorities: [(Ids[0], new string('n', 65), 0)]), fault);
        yield return ("authorities not ascending", With(authorities: [(Ids[1], "", 0), (Ids[0], "", 0)]), fault);
        yield return ("one authority twice", With(authorities: [(Ids[0], "", 0), (Ids[0], "", 0)]), fault);
        yield return ("name is not UTF-8",
            Content(Lies.Replace(content, "identity"u8.ToArray(), [0xc3, 0x28, .. "entity"u8])), fault);
        var twice = Inputs([(0, "same"), (1, "other")]);
        twice = twice.With(Write(twice));
        var same = Padme.Pad(Lies.Replace(twice.Bytes("content"), [0x65, .. "other"u8], [0x64, .. "same"u8]));
        yield return (
            "two items of one name",
            twice.Only(members)
                .With(new JsonObject { ["private"] =
                    Hex(SecretBox.Seal(twice.Bytes("key"), twice.Bytes("aad"), same, new TestRandom(1))) }), fault);

        var padded = Padme.Pad(content);
        yield return ("padding is not zero", Sealed(Forge.Flip(padded, padded.Length - 1)), fault);
        yield return ("padded further than Padmé", Sealed([.. padded, .. new byte[16]]), fault);
        yield return ("padded to less than 256", Sealed(padded[..^1]), fault);
        yield return ("length beyond the padding", Sealed([0, 0, 1, 0, .. padded[4..]]), fault);
        yield return ("another version's", But("version", 9UL), fault);
        yield return ("another epoch's", But("epoch", 9UL), fault);
        yield return ("another account's", But("account", Hex(new byte[16])), fault);
        yield return ("changed", But("private", Hex(Forge.Flip(right.Bytes("private"), 24))), fault);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        var (account, version, epoch) =
            (new AccountId(inputs.Bytes("account")), inputs.Number("version"), inputs.Number("epoch"));
        using var epochKey = GoldenWorld.Key(account, epoch, inputs.Bytes("epochKey"));
        using var content = new ManifestPrivate(
            SecretBytes.Copy(inputs.Bytes("logKey")),
            [.. inputs.List("items")
                .Select(i => new ItemNote(
                    new ItemId(i.Bytes("id")), i.Text("name"), (long)i.Number("length"), i.Number("modified")))],
            [.. inputs.List("authorities")
                .Select(
                    a => new AuthorityNote(new AuthorityId(a.Bytes("id")), a.Text("name"), a.Number("flags") == 1))]);
        var sealedPart = content.Seal(epochKey, version, new FixedRandom(inputs.Bytes("nonce")));

        var keyInfo = new CborOut().Array(3).Text("keyrecovery/v1/manifest-private-key").Bytes(account)
            .UInt(epoch).ToArray();
        var key = GoldenWorld.Derive(inputs.Bytes("epochKey"), keyInfo, 32);
        var aad = new CborOut().Array(4).Text("keyrecovery/v1/manifest-private").Bytes(account).UInt(version)
            .UInt(epoch).ToArray();
        var padded = new byte[sealedPart.Length - SecretBox.Overhead];
        Assert.True(SecretBox.TryOpen(key, aad, sealedPart, padded));
        Assert.True(Padme.TryUnpad(padded, out var length));
        return new JsonObject
        {
            ["keyInfo"] = Hex(keyInfo),
            ["key"] = Hex(key),
            ["aad"] = Hex(aad),
            ["content"] = Hex(padded.AsSpan(4, length)),
            ["padded"] = Hex(padded),
            ["private"] = Hex(sealedPart),
        };
    }

    protected override string Judge(JsonObject told)
    {
        var account = new AccountId(told.Bytes("account"));
        var manifest = new Manifest
        {
            Account = account,
            Version = told.Number("version"),
            Previous = default,
            ChainHead = default,
            Epoch = told.Number("epoch"),
            Items = [.. told.List("items")
                .Select(i => new ManifestItem(new ItemId(i.Bytes("id")), 1, 1, 380, default))],
            LeafLabel = default,
            Private = told.Bytes("private"),
            Signer = default,
        };
        using var key = GoldenWorld.Key(account, manifest.Epoch, told.Bytes("epochKey"));
        using var opened = ManifestPrivate.Open(key, manifest);
        return opened is null ? nameof(ProtocolFault.ManifestPrivate) : Accepted;
    }

    private static byte[] Encode(
        byte[] logKey, (byte[] Id, string Name, ulong Length)[] items,
        (byte[] Id, string Name, ulong Flags)[] authorities)
    {
        var writer = new CborOut().Array(5).Text(Labels.ManifestPrivate).UInt(1).Bytes(logKey).Array(items.Length);
        foreach (var (id, name, length) in items) writer.Array(4).Bytes(id).Text(name).UInt(length).UInt(0);
        writer.Array(authorities.Length);
        foreach (var (id, name, flags) in authorities) writer.Array(3).Bytes(id).Text(name).UInt(flags);
        return writer.ToArray();
    }

    private static JsonObject Inputs(
        (int Id, string Name)[]? items = null, (int Id, string Name, ulong Flags)[]? authorities = null)
    {
        var random = new TestRandom(2401);
        return new JsonObject
        {
            ["account"] = Hex(random.Bytes(16)),
            ["version"] = 3UL,
            ["epoch"] = 2UL,
            ["epochKey"] = Hex(random.Bytes(32)),
            ["nonce"] = Hex(random.Bytes(24)),
            ["logKey"] = Hex(random.Bytes(32)),
            ["items"] = new JsonArray([.. (items ?? []).Select(i => new JsonObject
            {
                ["id"] = Hex(Ids[i.Id]), ["name"] = i.Name, ["length"] = 32UL, ["modified"] = 1_760_000_000UL,
            })]),
            ["authorities"] = new JsonArray([.. (authorities ?? []).Select(a => new JsonObject
            {
                ["id"] = Hex(Ids[a.Id]), ["name"] = a.Name, ["flags"] = a.Flags,
            })]),
        };
    }
}
