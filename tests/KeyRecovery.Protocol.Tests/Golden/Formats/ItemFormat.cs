using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

internal sealed class ItemFormat() : GoldenFormat("item", "§6")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("empty", Inputs(0, 1));
        yield return ("32 bytes", Inputs(32, 1));
        yield return ("content of 23 bytes, the longest whose length is in its first byte", Inputs(23, 1));
        yield return ("content of 24 bytes", Inputs(24, 1));
        yield return ("fills the floor of 256", Inputs(240, 1));
        yield return ("one more", Inputs(241, 1));
        yield return ("content of 255 bytes", Inputs(255, 1));
        yield return ("content of 256 bytes", Inputs(256, 1));
        yield return ("1,000 bytes, version 2", Inputs(1000, 2));
        yield return ("a name of one byte", Inputs(32, 1, "k"));
        yield return ("a name of 64 bytes in any script", Inputs(32, 1, "鍵の名前は六十四" + new string('n', 40)));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs(32, 2);
        var right = inputs.With(Write(inputs));
        var item = right.Bytes("sealedItem");
        var told = right.Only(
            "account", "id", "version", "epoch", "size", "hash", "epochKey", "name", "content", "sealedItem");
        JsonObject But(string name, JsonNode value) => told.With(new JsonObject { [name] = value });
        // The entry follows the bytes, as if a device had vouched for them.
        JsonObject Vouched(byte[] lie) => told.With(new JsonObject
        {
            ["sealedItem"] = Hex(lie), ["size"] = (ulong)lie.Length, ["hash"] = Hex(Hash256.Of(lie).ToArray()),
        });
        JsonObject Padded(byte[] padded) =>
            Vouched(
                [.. item[..84], .. SecretBox.Seal(right.Bytes("key"), item.AsSpan(0, 84), padded, new TestRandom(1))]);
        JsonObject Plain(byte[] plaintext) => Padded(Padme.Pad(plaintext));
        var (whole, plain) = (right.Bytes("padded"), right.Bytes("plaintext"));
        var content = Lies.Cbor(inputs.Bytes("content"));
        byte[] Named(string name) => [0x82, .. new CborOut().Text(name).ToArray(), .. content];

        yield return ("changed", But("sealedItem", Hex(Forge.Flip(item, 300))), nameof(ProtocolFault.ItemHash));
        yield return ("truncated", But("sealedItem", Hex(item.AsSpan(..^1))), nameof(ProtocolFault.ItemHash));
        yield return ("longer", But("sealedItem", Hex([.. item, 0])), nameof(ProtocolFault.ItemHash));
        yield return ("empty", But("sealedItem", ""), nameof(ProtocolFault.ItemHash));
        yield return ("vouched for: shorter than any item", Vouched(item[..379]), nameof(ProtocolFault.ItemHash));
        yield return ("vouched for: another magic", Vouched(Forge.Flip(item, 3)), nameof(ProtocolFault.ItemHeader));
        yield return ("vouched for: another account", Vouched(Forge.Flip(item, 4)), nameof(ProtocolFault.ItemHeader));
        yield return ("vouched for: another item", Vouched(Forge.Flip(item, 20)), nameof(ProtocolFault.ItemHeader));
        yield return ("vouched for: another version", Vouched(Forge.Flip(item, 43)), nameof(ProtocolFault.ItemHeader));
        yield return ("vouched for: another epoch", Vouched(Forge.Flip(item, 51)), nameof(ProtocolFault.ItemHeader));
        yield return ("vouched for: another previous", Vouched(Forge.Flip(item, 52)), nameof(ProtocolFault.ItemSeal));
        yield return ("vouched for: another nonce", Vouched(Forge.Flip(item, 84)), nameof(ProtocolFault.ItemSeal));
        yield return ("vouched for: another tag", Vouched(Forge.Flip(item, item.Length - 1)),
            nameof(ProtocolFault.ItemSeal));
        yield return ("another epoch key", But("epochKey", Hex(new byte[32])), nameof(ProtocolFault.ItemSeal));
        yield return ("padding is not zero", Padded(Forge.Flip(whole, 255)), nameof(ProtocolFault.ItemSeal));
        yield return ("padded further than Padmé", Padded([.. whole, .. new byte[8]]), nameof(ProtocolFault.ItemSeal));
        yield return ("length beyond the padding", Padded([0, 0, 0, 253, .. whole[4..]]),
            nameof(ProtocolFault.ItemSeal));
        yield return ("no name", Plain(Named("")), nameof(ProtocolFault.ItemSeal));
        yield return ("a name of 65 bytes", Plain(Named(new string('n', 65))), nameof(ProtocolFault.ItemSeal));
        yield return ("a name that is not UTF-8", Plain([0x82, 0x62, 0xc3, 0x28, .. content]),
            nameof(ProtocolFault.ItemSeal));
        yield return ("a name in bytes", Plain([0x82, 0x41, 0x6b, .. content]), nameof(ProtocolFault.ItemSeal));
        yield return ("a name whose length is not in its shortest form", Plain([0x82, 0x78, 1, 0x6b, .. content]),
            nameof(ProtocolFault.ItemSeal));
        yield return ("a name alone", Plain([0x81, 0x61, 0x6b]), nameof(ProtocolFault.ItemSeal));
        yield return ("a third element", Plain([0x83, .. plain[1..], 0]), nameof(ProtocolFault.ItemSeal));
        yield return ("a byte left over", Plain([.. plain, 0]), nameof(ProtocolFault.ItemSeal));
        yield return ("content alone, without a name", Plain(inputs.Bytes("content")), nameof(ProtocolFault.ItemSeal));
        yield return ("length of 2^32-1", Padded([255, 255, 255, 255, .. whole[4..]]), nameof(ProtocolFault.ItemSeal));
    }

    public override JsonObject Write(JsonObject inputs)
    {
        var (account, id, epoch) =
            (new AccountId(inputs.Bytes("account")), new ItemId(inputs.Bytes("id")), inputs.Number("epoch"));
        using var epochKey = GoldenWorld.Key(account, epoch, inputs.Bytes("epochKey"));
        var header = new ItemHeader(
            account, id, inputs.Number("version"), epoch, new Hash256(inputs.Bytes("previous")));
        var item = SealedItem.Seal(
            epochKey, header, inputs.Text("name"), inputs.Bytes("content"), new FixedRandom(inputs.Bytes("nonce")));
        var plaintext = new CborOut().Array(2).Text(inputs.Text("name")).Bytes(inputs.Bytes("content")).ToArray();
        var keyInfo = new CborOut().Array(3).Text("keyrecovery/v1/item-key").Bytes(account).Bytes(id).ToArray();
        return new JsonObject
        {
            ["header"] = Hex(item.AsSpan(0, 84)),
            ["keyInfo"] = Hex(keyInfo),
            ["key"] = Hex(GoldenWorld.Derive(inputs.Bytes("epochKey"), keyInfo, 32)),
            ["plaintext"] = Hex(plaintext),
            ["padded"] = Hex(Padme.Pad(plaintext)),
            ["sealedItem"] = Hex(item),
            ["size"] = (ulong)item.Length,
            ["hash"] = Hex(Hash256.Of(item).ToArray()),
        };
    }

    protected override string Judge(JsonObject told)
    {
        var account = new AccountId(told.Bytes("account"));
        var item = told.Bytes("sealedItem");
        var entry = new ManifestItem(
            new ItemId(told.Bytes("id")), told.Number("version"), told.Number("epoch"), (long)told.Number("size"),
            new Hash256(told.Bytes("hash")));
        if (entry.Check(account, item) is var fault and not ProtocolFault.None) return Verdict(fault);
        using var epochKey = GoldenWorld.Key(account, entry.Epoch, told.Bytes("epochKey"));
        if (SealedItem.Open(epochKey, item) is not { } opened) return nameof(ProtocolFault.ItemSeal);
        Assert.Equal(told.Text("name"), opened.Name);
        Assert.Equal(told.Bytes("content"), opened.Content);
        return Accepted;
    }

    private static JsonObject Inputs(int length, ulong version, string name = "identity")
    {
        var random = new TestRandom(2600 + length);
        return new JsonObject
        {
            ["account"] = Hex(random.Bytes(16)),
            ["id"] = Hex(random.Bytes(16)),
            ["version"] = version,
            ["epoch"] = 3UL,
            ["previous"] = Hex(version == 1 ? new byte[32] : random.Bytes(32)),
            ["epochKey"] = Hex(random.Bytes(32)),
            ["nonce"] = Hex(random.Bytes(24)),
            ["name"] = name,
            ["content"] = Hex(random.Bytes(length)),
        };
    }
}
