using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>A checkpoint of a log, cosigned by a witness (C2SP tlog-checkpoint, tlog-cosignature).</summary>
internal sealed class CheckpointFormat() : GoldenFormat("checkpoint", "§17")
{
    private const string OtherLog = "other-log";
    private const string Witness = "witness.example/w1";

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("of a tree", Inputs(20_852_163, new TestRandom(4810).Bytes(32)));
        yield return ("of the empty tree", Inputs(0, MerkleEdge.Empty.Root.ToArray()));
        yield return ("of the largest tree that every language counts", Inputs(CborOut.MaxInteger, new byte[32]));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs(5, new TestRandom(4810).Bytes(32));
        var right = inputs.With(Write(inputs));
        var log = inputs.Text("origin");
        using var key = SigningKey.FromSeed(inputs.Bytes("seed"));
        var root = Convert.ToBase64String(inputs.Bytes("root"));
        JsonObject But(byte[] note) => right.With(new JsonObject { ["checkpoint"] = Hex(note) });
        // Signed as the log signs, whatever it is.
        JsonObject Signed(string text) => But(SignedNote.Sign(text, log, key).Encode());
        foreach (var (name, text) in new[]
        {
            ("no root", $"{log}\n5\n"), ("no origin", $"\n5\n{root}\n"), ("a leading zero", $"{log}\n05\n{root}\n"),
            ("a sign", $"{log}\n+5\n{root}\n"), ("a hexadecimal size", $"{log}\n0x5\n{root}\n"),
            ("another script's digits", $"{log}\n\u0665\n{root}\n"),
            ("2^63 leaves", $"{log}\n9223372036854775808\n{root}\n"), ("a root too short", $"{log}\n5\n{root[4..]}\n"),
            ("a root too long", $"{log}\n5\nAAAA{root}\n"), ("a root without padding", $"{log}\n5\n{root[..^1]}\n"),
            ("another root of the empty tree", $"{log}\n0\n{root}\n"), ("an empty line", $"{log}\n5\n{root}\n\n"),
            ("an empty line and one more", $"{log}\n5\n{root}\n\nmore\n"),
        })
            yield return (name, Signed(text), Malformed);
        yield return ("another log's", Signed($"other.example\n5\n{root}\n"), OtherLog);
        var whole = right.Bytes("checkpoint");
        Assert.True(SignedNote.TryParse(whole, out var note));
        var (own, cosignature) = (note.Signatures[0], note.Signatures[1]);
        var plain = new Checkpoint(log, 5, new Hash256(inputs.Bytes("root"))).Sign(key);
        yield return ("not signed by the log", But(Lines(note.Text, cosignature)), SignedNoteFormat.WrongSignature);
        yield return ("not cosigned", But(plain.Encode()), SignedNoteFormat.WrongSignature);
        foreach (var (name, wrong) in new[]
        {
            ("another time", Forge.Flip(cosignature.Signature.ToArray(), 7)),
            ("a time of 2^63", Forge.Flip(cosignature.Signature.ToArray(), 0, 0x80)),
            ("another cosignature", Forge.Flip(cosignature.Signature.ToArray(), 40)),
            ("a cosignature without its time", cosignature.Signature.ToArray()[8..]),
            ("a byte more", [.. cosignature.Signature.ToArray(), 0]),
            ("the log's signature as a cosignature", [.. new byte[8], .. own.Signature.ToArray()]),
        })
            yield return (name, But(plain.With(cosignature with { Signature = wrong }).Encode()),
                SignedNoteFormat.WrongSignature);
        yield return ("a second cosignature that does not hold",
            But(note.With(cosignature with { Signature = new byte[72] }).Encode()), SignedNoteFormat.WrongSignature);
        yield return ("the log's key as the witness's",
            right.With(new JsonObject { ["witnessKey"] = right.Text("verifierKey") }), Malformed);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        using var key = SigningKey.FromSeed(inputs.Bytes("seed"));
        using var witness = SigningKey.FromSeed(inputs.Bytes("witnessSeed"));
        var (origin, name) = (inputs.Text("origin"), inputs.Text("witnessName"));
        var note = new Checkpoint(origin, inputs.Number("size"), new Hash256(inputs.Bytes("root"))).Sign(key);
        return new JsonObject
        {
            ["verifierKey"] = NoteKey.Of(origin, NoteSignatureType.Ed25519, key.PublicKey).ToString(),
            ["witnessKey"] = NoteKey.Of(name, NoteSignatureType.Cosignature, witness.PublicKey).ToString(),
            ["checkpoint"] =
                Hex(note.With(Cosignature.Sign(note, inputs.Number("time"), name, witness)).Encode()),
        };
    }

    protected override string Judge(JsonObject told)
    {
        if (!NoteKey.TryParse(told.Text("verifierKey"), out var log) || log.Type != NoteSignatureType.Ed25519
            || !NoteKey.TryParse(told.Text("witnessKey"), out var witness)
            || witness.Type != NoteSignatureType.Cosignature
            || !SignedNote.TryParse(told.Bytes("checkpoint"), out var note)) return Malformed;
        if (!note.IsSignedBy(log)) return SignedNoteFormat.WrongSignature;
        if (!Checkpoint.TryParse(note.Text, out _)) return Malformed;
        if (!Checkpoint.TryOpen(note, log, out _)) return OtherLog;
        return Cosignature.FindTime(note, witness) is null ? SignedNoteFormat.WrongSignature : Accepted;
    }

    private static byte[] Lines(string text, NoteSignature signature)
    {
        var id = new byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(id, signature.KeyId);
        var encoded = Convert.ToBase64String([.. id, .. signature.Signature.Span]);
        return Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{text}\n\u2014 {signature.Name} {encoded}\n"));
    }

    private static JsonObject Inputs(ulong size, byte[] root)
    {
        var random = new TestRandom(4811);
        return new JsonObject
        {
            ["seed"] = Hex(random.Bytes(32)), ["origin"] = "log.example/one", ["size"] = size, ["root"] = Hex(root),
            ["witnessSeed"] = Hex(random.Bytes(32)), ["witnessName"] = Witness, ["time"] = 1_800_000_000UL,
        };
    }
}
