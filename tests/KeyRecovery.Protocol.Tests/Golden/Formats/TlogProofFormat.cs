using System.Text;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>That a leaf is in a log (C2SP tlog-proof), with all leaves of that log.</summary>
internal sealed class TlogProofFormat() : GoldenFormat("tlog-proof", "§17")
{
    private const string WrongProof = "wrong-proof";

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("the only leaf", Inputs(1, 0, []));
        yield return ("the first of eight", Inputs(8, 0, [1, 2, 3]));
        yield return ("one of eleven", Inputs(11, 6, []));
        yield return ("the last of eleven", Inputs(11, 10, new byte[100]));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs(11, 6, [1, 2, 3]);
        var right = inputs.With(Write(inputs));
        var proof = Encoding.UTF8.GetString(right.Bytes("proof"));
        var lines = proof.Split('\n');
        JsonObject But(string other) => right.With(new JsonObject { ["proof"] = Hex(Encoding.UTF8.GetBytes(other)) });
        JsonObject Lines(Func<IEnumerable<string>, IEnumerable<string>> change) =>
            But(string.Join('\n', change(lines)));
        JsonObject Line(int at, string other) => Lines(all => all.Select((line, i) => i == at ? other : line));
        yield return ("another leaf", right.With(new JsonObject { ["index"] = 7UL }), WrongProof);
        yield return ("another index", Line(2, "index 7"), WrongProof);
        yield return ("an index beyond the tree", Line(2, "index 11"), WrongProof);
        yield return ("another hash", Line(3, lines[4]), WrongProof);
        yield return ("a hash missing", Lines(all => all.Where((_, i) => i != 3)), WrongProof);
        yield return ("a hash more", Lines(all => all.Take(3).Append(lines[3]).Concat(all.Skip(3))), WrongProof);
        yield return ("the hashes reversed",
            Lines(all => [.. all.Take(3), .. all.Skip(3).Take(4).Reverse(), .. all.Skip(7)]), WrongProof);
        yield return ("another log's checkpoint",
            right.With(new JsonObject {
                ["verifierKey"] = Write(inputs.With(new JsonObject { ["seed"] = Hex(new byte[32]) }))
                    .Text("verifierKey"),
            }), SignedNoteFormat.WrongSignature);
        foreach (var (name, told) in new[]
        {
            ("version 2", Line(0, "c2sp.org/tlog-proof@v2")), ("no first line", Lines(all => all.Skip(1))),
            ("an empty extra", Line(1, "extra ")), ("two extras", Line(2, lines[1])),
            ("an extra that is no base64", Line(1, "extra AQI")),
            ("no index", Lines(all => all.Where((_, i) => i != 2))),
            ("index with a leading zero", Line(2, "index 06")), ("index 2^63", Line(2, "index 9223372036854775808")),
            ("index with two spaces", Line(2, "index  6")), ("a short hash", Line(3, lines[3][4..])),
            ("a hash with a space behind it", Line(3, lines[3] + " ")),
            ("64 hashes", Lines(all => [.. all.Take(3), .. Enumerable.Repeat(lines[3], 64), .. all.Skip(7)])),
            ("lines end with CRLF", But(proof.Replace("\n", "\r\n", StringComparison.Ordinal))),
            ("no empty line", Lines(all => all.Where((_, i) => i != 7))), ("no newline at its end", But(proof[..^1])),
            ("no checkpoint", But(string.Join('\n', lines[..8]) + "\n")), ("empty", But("")),
        })
            yield return (name, told, Malformed);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        using var key = SigningKey.FromSeed(inputs.Bytes("seed"));
        var (origin, index) = (inputs.Text("origin"), inputs.Number("index"));
        var leaves = inputs.BytesList("leaves").Select(leaf => MerkleTree.LeafHash(leaf)).ToArray();
        var root = MerkleTree.Root(leaves);
        var hashes = MerkleProof.Inclusion(index, (ulong)leaves.Length).Select(
            nodes => MerkleProof.Join([.. nodes.Select(HashOf)]));
        var note = new Checkpoint(origin, (ulong)leaves.Length, root).Sign(key);
        return new JsonObject
        {
            ["verifierKey"] = NoteKey.Of(origin, NoteSignatureType.Ed25519, key.PublicKey).ToString(),
            ["root"] = Hex(root.ToArray()),
            ["proof"] = Hex(new TlogProof(inputs.Bytes("extra"), index, [.. hashes], note).Encode()),
        };

        Hash256 HashOf(MerkleNode node) =>
            MerkleTree.Root(leaves[((int)node.Index << node.Height)..][..(1 << node.Height)]);
    }

    protected override string Judge(JsonObject told)
    {
        if (!NoteKey.TryParse(told.Text("verifierKey"), out var log)
            || !TlogProof.TryParse(told.Bytes("proof"), out var proof)) return Malformed;
        if (!proof.Checkpoint.IsSignedBy(log)) return SignedNoteFormat.WrongSignature;
        var leaf = MerkleTree.LeafHash(told.BytesList("leaves").ElementAt((int)told.Number("index")));
        return proof.Proves(leaf, LogPolicy.Of(log)) ? Accepted : WrongProof;
    }

    private static JsonObject Inputs(int leaves, ulong index, byte[] extra)
    {
        var random = new TestRandom(4820);
        return new JsonObject
        {
            ["seed"] = Hex(random.Bytes(32)), ["origin"] = "log.example/one",
            ["leaves"] = HexArray(Enumerable.Range(0, leaves).Select(_ => random.Bytes(40))), ["index"] = index,
            ["extra"] = Hex(extra),
        };
    }
}
