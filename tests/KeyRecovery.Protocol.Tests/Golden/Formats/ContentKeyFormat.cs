using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Identities;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>A content key for several readers: made, granted to one more, and drawn anew without one.</summary>
internal sealed class ContentKeyFormat() : GoldenFormat("content-key", "§19.4")
{
    private const int Owner = 5240;
    private const int Reader = 5241;
    private const int Later = 5242;
    private const int Stranger = 5249;

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("for one reader", Inputs(Reader, Reader));
        yield return ("as the owner opens it", Inputs(Owner, Reader));
        yield return ("for the owner alone", Inputs(Owner));
        yield return ("for two readers", Inputs(Later, Reader, Later));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs(Reader, Reader);
        var right = inputs.With(Write(inputs)).Only("signedIdentity", "reader", "key", "signedContentKey", "known");
        var first = right.Bytes("signedContentKey");
        using var owner = IdentityFormat.KeysOf(IdentityFormat.Person(Owner));
        using var stranger = IdentityFormat.KeysOf(IdentityFormat.Person(Stranger));
        byte[] body = [.. BodyOf(first)];
        JsonObject But(string name, JsonNode value) => right.With(new JsonObject { [name] = value });
        JsonObject Told(byte[] other) => But("signedContentKey", Hex(other));
        JsonObject Signed(byte[] other) => Told(SignedBody.Sign(SignatureLabel.ContentKey, other, owner.Signing));
        foreach (var lie in Lies.OfCbor(body, Signed).Where(l => l.Name != "empty"))
            yield return ($"body: {lie.Name}", lie.Told, lie.Verdict);

        var parts = Parts.Of(body);
        yield return ("version 0 of the key", Signed((parts with { Version = 0, Since = 0 }).Encode()), Malformed);
        yield return ("since a version to come", Signed((parts with { Since = 2 }).Encode()), Malformed);
        yield return ("the first follows on another", Signed(
            (parts with { Previous = new TestRandom(1).Bytes(32) }).Encode()), Malformed);
        yield return ("the second follows on none", Signed((parts with { Version = 2 }).Encode()), Malformed);
        yield return ("grants descend", Signed((parts with { Grants = [.. parts.Grants.Reverse()] }).Encode()),
            Malformed);
        yield return ("a grant twice", Signed(
            (parts with { Grants = [parts.Grants[0], .. parts.Grants] }).Encode()), Malformed);
        yield return ("the owner does not read", Signed((parts with {
            Grants = [.. parts.Grants.Where(g => !g.Reader.SequenceEqual(owner.Account.ToArray()))],
        }).Encode()), Malformed);
        yield return ("nobody reads", Signed((parts with { Grants = [] }).Encode()), Malformed);

        yield return ("signature changed", Told(IdentityFormat.Last(first)), IdentityFormat.Signature);
        yield return ("signed by a stranger",
            Told(SignedBody.Sign(SignatureLabel.ContentKey, body, stranger.Signing)), IdentityFormat.Signature);
        yield return ("a stranger's, said to be the owner's", Told(
            [.. Key(Stranger, [Reader], new TestRandom(7)).Record.Bytes.Span]), IdentityFormat.Signature);
        yield return ("not for this reader", But("reader", IdentityFormat.Person(Stranger)), "other-recipient");
        yield return ("for this reader's key of another account", But("reader",
            IdentityFormat.Person(Reader).With(IdentityFormat.Person(Stranger).Only("account"))), "other-recipient");

        const string seal = "seal";
        ContentKeyFormatGrant Mine(ContentKeyFormatGrant g, byte[] sealedKey) =>
            g.Reader.SequenceEqual(IdentityFormat.Person(Reader).Bytes("account")) ? g with { Seal = sealedKey } : g;
        byte[] With(byte[] sealedKey) =>
            (parts with { Grants = [.. parts.Grants.Select(g => Mine(g, sealedKey))] }).Encode();
        yield return ("a random seal", Signed(With(new TestRandom(2).Bytes(ContentKeySeal.Size))), seal);
        using (var other = Key(Owner, [Reader], new TestRandom(8)))
            yield return ("the seal of another record",
                Signed(With([.. Parts.Of(BodyOf(other.Record.Bytes.ToArray())).Grants
                    .Single(g => g.Reader.SequenceEqual(IdentityFormat.Person(Reader).Bytes("account"))).Seal])), seal);
        yield return ("another key than the others'", Signed(With(Hpke.Seal(
            IdentityFormat.StatementOf(IdentityFormat.Person(Reader)).KemKey, parts.SealInfo(Reader), [], new byte[32],
            new byte[64]))), seal);

        foreach (var (name, known, record) in Rolled())
            yield return (name, But("known", Hex(known)).With(new JsonObject {
                ["signedContentKey"] = Hex(record),
            }), "older");
    }

    public override JsonObject Write(JsonObject inputs)
    {
        using var key = KeyOf(inputs);
        return new JsonObject
        {
            ["signedIdentity"] = Hex(IdentityFormat.StatementOf(inputs["owner"]!).Bytes),
            ["signedContentKey"] = Hex(key.Record.Bytes), ["hash"] = Hex(key.Record.Hash.ToArray()),
            ["commitment"] = Hex(key.Record.Commitment.ToArray()),
        };
    }

    protected override string Judge(JsonObject told)
    {
        using var reader = IdentityFormat.KeysOf(told["reader"]!);
        Assert.True(IdentityStatement.TryRead(told.Bytes("signedIdentity"), out var owner));
        ContentKeyRecord? known = null;
        if (told.Text("known") is not "")
            _ = ContentKeyRecord.TryRead(told.Bytes("known"), owner, null, out known, out _);
        if (!ContentKeyRecord.TryRead(
            told.Bytes("signedContentKey"), owner, known, out var record, out var fault))
            return IdentityFormat.Word(fault);
        (var key, fault) = ContentKey.Open(record, reader);
        using (key)
        {
            if (key is null) return IdentityFormat.Word(fault);
            return key.Span.SequenceEqual(told.Bytes("key")) ? Accepted : "differs";
        }
    }

    private static IEnumerable<(string, byte[] Known, byte[] Record)> Rolled()
    {
        using var owner = IdentityFormat.KeysOf(IdentityFormat.Person(Owner));
        IdentityStatement[] readers = [IdentityFormat.StatementOf(IdentityFormat.Person(Reader))];
        using var first = Key(Owner, [Reader], new TestRandom(9));
        using var second = first.ReKey(owner, readers, new TestRandom(10));
        using var fork = first.ReKey(owner, readers, new TestRandom(11));
        using var third = fork.ReKey(owner, readers, new TestRandom(12));
        using var other = Key(Owner, [Reader], new TestRandom(13));
        static byte[] Of(ContentKey key) => key.Record.Bytes.ToArray();
        yield return ("an older version than is known", Of(second), Of(first));
        yield return ("another record of the known version", Of(second), Of(fork));
        yield return ("the next version, on another than is known", Of(second), Of(third));
        yield return ("a record of another key", Of(first), Of(other));
    }

    private static ContentKey KeyOf(JsonObject inputs)
    {
        using var owner = IdentityFormat.KeysOf(inputs["owner"]!);
        return ContentKey.Create(
            owner, inputs.List("readers").Select(IdentityFormat.StatementOf),
            new FixedRandom(
            [
                .. inputs.Bytes("id"), .. inputs.Bytes("key"),
                .. inputs.BytesList("encapsulations").SelectMany(e => e),
            ]));
    }

    private static ContentKey Key(int owner, int[] readers, TestRandom random)
    {
        using var keys = IdentityFormat.KeysOf(IdentityFormat.Person(owner));
        return ContentKey.Create(
            keys, readers.Select(r => IdentityFormat.StatementOf(IdentityFormat.Person(r))), random);
    }

    private static byte[] BodyOf(byte[] signed)
    {
        var reader = new CborIn(signed);
        reader.Array(2);
        return reader.Bytes(1, ContentKeyRecord.MaxSize);
    }

    private static JsonObject Inputs(int reader, params int[] readers)
    {
        var random = new TestRandom(5250 + readers.Length);
        return new JsonObject
        {
            ["owner"] = IdentityFormat.Person(Owner), ["reader"] = IdentityFormat.Person(reader),
            ["readers"] = new JsonArray([.. readers.Select(r => IdentityFormat.Person(r))]),
            ["id"] = Hex(random.Bytes(16)), ["key"] = Hex(random.Bytes(32)),
            ["encapsulations"] = HexArray([.. Enumerable.Range(0, readers.Length + 1).Select(_ => random.Bytes(64))]),
            ["known"] = "",
        };
    }

    /// <summary>A record taken apart, to be put together wrongly.</summary>
    private sealed record Parts(
        byte[] Owner, byte[] Id, ulong Version, ulong Since, byte[] Previous, byte[] Commitment,
        ContentKeyFormatGrant[] Grants)
    {
        public static Parts Of(byte[] body)
        {
            var reader = new CborIn(body);
            reader.Structure(Labels.ContentKey, 9);
            var parts = new Parts(
                reader.Bytes(16), reader.Bytes(16), reader.UInt(), reader.UInt(), reader.Bytes(32), reader.Bytes(32),
                []);
            var grants = new List<ContentKeyFormatGrant>();
            for (var left = reader.Array(1, ContentKeyRecord.MaxReaders); left > 0; left--)
            {
                reader.Array(3);
                grants.Add(new(reader.Bytes(16), reader.Bytes(32), reader.Bytes(ContentKeySeal.Size)));
            }
            return parts with { Grants = [.. grants] };
        }

        public byte[] Encode()
        {
            var body = new CborOut().Array(9).Text(Labels.ContentKey).UInt(1).Bytes(Owner).Bytes(Id).UInt(Version)
                .UInt(Since).Bytes(Previous).Bytes(Commitment).Array(Grants.Length);
            foreach (var grant in Grants) body.Array(3).Bytes(grant.Reader).Bytes(grant.KemKey).Bytes(grant.Seal);
            return body.ToArray();
        }

        public byte[] SealInfo(int reader)
        {
            var statement = IdentityFormat.StatementOf(IdentityFormat.Person(reader));
            return new CborOut().Array(6).Text(Labels.ContentKeySeal).Bytes(Owner).Bytes(Id).UInt(Since)
                .Bytes(statement.Account).Bytes(statement.KemKey.Hash).ToArray();
        }
    }
}

/// <summary>One grant of a record that is taken apart.</summary>
internal sealed record ContentKeyFormatGrant(byte[] Reader, byte[] KemKey, byte[] Seal);
