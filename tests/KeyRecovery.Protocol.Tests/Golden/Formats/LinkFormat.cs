using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>Link and signed link. The seeds of all signers are among the inputs.</summary>
internal sealed class LinkFormat() : GoldenFormat("link", "§3")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("link 0: a device and a code", Inputs(0, added: [(1, 0), (2, 0)]));
        yield return ("adds a device", Inputs(1, added: [(1, 0)]));
        yield return ("adds a passphrase with parameters", Inputs(2, added: [(3, 100)]));
        yield return ("adds every kind, parameters as long as may be",
            Inputs(3, added: [(1, 0), (2, 0), (3, 1024), (4, 1), (5, 24)]));
        yield return ("removes one and begins an epoch", Inputs(4, previousEpoch: 1, removed: 1));
        yield return ("adds one, removes two", Inputs(5, added: [(1, 0)], previousEpoch: 1, removed: 2));
        yield return ("mends: begins an epoch and changes nobody", Inputs(6, previousEpoch: 1));
        yield return ("mends, and leaves epochs off", Inputs(9, previousEpoch: 3, epoch: 7));
        var large = Inputs(7);
        (large["seq"], large["epoch"], large["time"]) = ((1UL << 53) - 1, (1UL << 53) - 1, (1UL << 53) - 1);
        yield return ("largest integers", large);
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs(8, added: [(1, 0), (2, 0)], removed: 2, previousEpoch: 1);
        var valid = Write(inputs);
        var body = valid.Bytes("body");
        JsonObject Wrap(byte[] lie) =>
            Told(new CborOut().Array(3).Bytes(lie).Bytes(new byte[64]).Array(2).Bytes(new byte[64]).Bytes(new byte[64])
                .ToArray());

        foreach (var lie in Lies.OfCbor(body, Wrap).Where(l => l.Name != "empty"))
            yield return ($"body: {lie.Name}", lie.Told, lie.Verdict);

        JsonObject Changed(Func<ChainLink, ChainLink> change) => Wrap(change(LinkOf(inputs)).Encode());
        yield return ("kind 6",
            Changed(l => l with { Add = l.Add.SetItem(1, l.Add[1] with { Kind = (AuthorityKind)6 }) }),
            UpgradeRequired);
        yield return ("kind 0", Changed(l => l with { Add = l.Add.SetItem(1, l.Add[1] with { Kind = 0 }) }),
            UpgradeRequired);
        yield return ("maxFormat 0",
            Changed(l => l with { Add = l.Add.SetItem(0, l.Add[0] with { MaxFormat = 0 }) }), Malformed);
        yield return ("a device with parameters",
            Changed(l =>
                l with {
                    Add = l.Add.SetItem(0, l.Add[0] with { Kind = AuthorityKind.Device, Parameters = new byte[1] }),
                }), Malformed);
        yield return ("a code with parameters",
            Changed(l =>
                l with {
                    Add = l.Add.SetItem(1, l.Add[1] with { Kind = AuthorityKind.Code, Parameters = new byte[1] }),
                }), Malformed);
        yield return ("parameters of 1,025 bytes",
            Changed(l =>
                l with {
                    Add = l.Add.SetItem(
                        1, l.Add[1] with { Kind = AuthorityKind.Passphrase, Parameters = new byte[1025] }),
                }), Malformed);
        yield return ("add not ascending", Changed(l => l with { Add = [l.Add[1], l.Add[0]] }), Malformed);
        yield return ("add names one twice", Changed(l => l with { Add = [l.Add[0], l.Add[0]] }), Malformed);
        yield return ("remove not ascending", Changed(l => l with { Remove = [l.Remove[1], l.Remove[0]] }), Malformed);
        yield return ("remove names one twice",
            Changed(l => l with { Remove = [l.Remove[0], l.Remove[0]] }), Malformed);
        foreach (var size in new[] { 0, 47, 49, 72 })
            yield return ($"previousEpochKey of {size} bytes",
                Changed(l => l with { PreviousEpochKey = new byte[size] }), Malformed);
        yield return ("previousEpochKey without previousEpoch",
            Changed(l => l with { PreviousEpoch = 0 }), Malformed);
        yield return ("adds 33", Changed(l => l with { Add = [.. Enumerable.Range(0, 33).Select(i =>
            l.Add[0] with { Id = new AuthorityId([.. new byte[15], (byte)i]) })] }), Malformed);
        yield return ("removes 33",
            Changed(l =>
                l with {
                    Remove = [.. Enumerable.Range(0, 33).Select(i => new AuthorityId([.. new byte[15], (byte)i]))],
                }), Malformed);

        yield return ("account of 15 bytes",
            Wrap(Lies.Replace(body, Lies.Cbor(inputs.Bytes("account")), Lies.Cbor(new byte[15]))), Malformed);
        yield return ("keysetHash of 33 bytes",
            Wrap(Lies.Replace(body, Lies.Cbor(inputs.Bytes("keysetHash")), Lies.Cbor(new byte[33]))), Malformed);
        yield return ("signer of 17 bytes",
            Wrap(Lies.Replace(body, Lies.Cbor(inputs.Bytes("signer")), Lies.Cbor(new byte[17]))), Malformed);
        foreach (var (name, key) in AccountIdFormat.BadKeys())
            yield return (name,
                Wrap(Lies.Replace(body, LinkOf(inputs).Add[0].SigningKey.ToArray(), Convert.FromHexString(key))),
                Malformed);

        var (signature, possession) = (valid.Bytes("signature"), valid.BytesList("possession").ToArray());
        JsonObject Joined(byte[] sign, params byte[][] proofs)
        {
            var writer = new CborOut().Array(3).Bytes(body).Bytes(sign).Array(proofs.Length);
            foreach (var proof in proofs) writer.Bytes(proof);
            return Told(writer.ToArray());
        }

        var whole = valid.Bytes("signedLink");
        yield return ("a possession is missing", Joined(signature, possession[0]), Malformed);
        yield return ("one possession too many", Joined(signature, [.. possession, possession[0]]), Malformed);
        yield return ("signature of 63 bytes", Joined(signature[1..], possession), Malformed);
        yield return ("possession of 65 bytes", Joined(signature, possession[0], new byte[65]), Malformed);
        yield return ("outside: a byte left over", Told([.. whole, 0]), Malformed);
        yield return ("outside: of indefinite length", Told([0x9f, .. whole[1..], 0xff]), Malformed);
        yield return ("outside: body is text", Told(Forge.Flip(whole, 1, 0x20)), Malformed);
        yield return ("body is empty",
            Told(new CborOut().Array(3).Bytes([]).Bytes(signature).Array(0).ToArray()), Malformed);
        yield return ("a signed link of more than 65,536 bytes",
            Told([0x83, 0x5a, 0, 1, 0, 0, .. new byte[65536], .. Lies.Cbor(signature), 0x80]), Malformed);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        var link = LinkOf(inputs);
        var body = link.Encode();
        using var signer = SigningKey.FromSeed(inputs.Bytes("signerSeed"));
        var signature = signer.Sign(SignatureLabel.Link, body);
        var possession = inputs.List("add").Select(a => Possess(a.Bytes("signingSeed"), body)).ToList();
        return new JsonObject
        {
            ["addedKeys"] = HexArray(link.Add.Select(a => a.SigningKey.ToArray())),
            ["body"] = Hex(body),
            ["hash"] = Hex(Hash256.Of(body).ToArray()),
            ["signature"] = Hex(signature),
            ["possession"] = HexArray(possession),
            ["signedLink"] = Hex(SignedChainLink.Create(body, signature, [.. possession]).Bytes),
        };
    }

    protected override string Judge(JsonObject told)
    {
        SignedChainLink.Decode(told.Bytes("signedLink"));
        return Accepted;
    }

    private static JsonObject Told(byte[] signedLink) => new() { ["signedLink"] = Hex(signedLink) };

    private static byte[] Possess(byte[] seed, byte[] body)
    {
        using var key = SigningKey.FromSeed(seed);
        return ChainLinkDraft.ProvePossession(key, body);
    }

    private static ChainLink LinkOf(JsonObject inputs) => new()
    {
        Account = new AccountId(inputs.Bytes("account")),
        Sequence = inputs.Number("seq"),
        Previous = new Hash256(inputs.Bytes("prev")),
        Epoch = inputs.Number("epoch"),
        EpochCommit = new Hash256(inputs.Bytes("epochCommit")),
        PreviousEpoch = inputs.Number("previousEpoch"),
        PreviousEpochKey = inputs.Bytes("previousEpochKey"),
        KeysetHash = new Hash256(inputs.Bytes("keysetHash")),
        Add = [.. inputs.List("add").Select(Added)],
        Remove = [.. inputs.BytesList("remove").Select(id => new AuthorityId(id))],
        Time = inputs.Number("time"),
        Signer = new AuthorityId(inputs.Bytes("signer")),
    };

    private static NewAuthority Added(JsonNode added)
    {
        using var key = SigningKey.FromSeed(added.Bytes("signingSeed"));
        return new NewAuthority(
            new AuthorityId(added.Bytes("id")), (AuthorityKind)added.Number("kind"), key.PublicKey,
            new Hash256(added.Bytes("kemKeyHash")), added.Number("maxFormat"), added.Bytes("parameters"));
    }

    private static JsonObject Inputs(
        int seed, (int Kind, int Parameters)[]? added = null, ulong previousEpoch = 0, int removed = 0,
        ulong? epoch = null)
    {
        var random = new TestRandom(1000 + seed);
        byte[][] Ids(int count) =>
            [.. Enumerable.Range(0, count).Select(_ => random.Bytes(16)).OrderBy(id => new AuthorityId(id))];
        var ids = Ids(added?.Length ?? 0);
        return new JsonObject
        {
            ["account"] = Hex(random.Bytes(16)),
            ["seq"] = (ulong)seed,
            ["prev"] = Hex(random.Bytes(32)),
            ["epoch"] = epoch ?? previousEpoch + 1,
            ["epochCommit"] = Hex(random.Bytes(32)),
            ["previousEpoch"] = previousEpoch,
            ["previousEpochKey"] = Hex(random.Bytes(previousEpoch == 0 ? 0 : ChainLink.PreviousEpochKeySize)),
            ["keysetHash"] = Hex(random.Bytes(32)),
            ["add"] = new JsonArray([.. (added ?? []).Select((a, i) => new JsonObject
            {
                ["id"] = Hex(ids[i]),
                ["kind"] = (ulong)a.Kind,
                ["signingSeed"] = Hex(random.Bytes(32)),
                ["kemKeyHash"] = Hex(random.Bytes(32)),
                ["maxFormat"] = 1UL,
                ["parameters"] = Hex(random.Bytes(a.Parameters)),
            })]),
            ["remove"] = HexArray(Ids(removed)),
            ["time"] = 1_760_000_000UL + (ulong)seed,
            ["signer"] = Hex(random.Bytes(16)),
            ["signerSeed"] = Hex(random.Bytes(32)),
        };
    }
}
