using System.Text;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>A note with the key that signs it (C2SP signed-note).</summary>
internal sealed class SignedNoteFormat() : GoldenFormat("signed-note", "§17")
{
    public const string WrongSignature = "wrong-signature";

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("one line", Inputs("This is an example message.\n", "example.com/foo"));
        yield return ("empty lines, and other scripts",
            Inputs("ed è subito sera.\n\n\u202e\u65e5\u672c\n\n", "q\u00e9\u202e"));
        yield return ("a name of 255 bytes", Inputs("x\n", new string('n', NoteKey.MaxName)));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs("two\nlines\n", "log.example");
        var right = inputs.With(Write(inputs));
        var (note, key) = (Encoding.UTF8.GetString(right.Bytes("note")), right.Text("verifierKey"));
        JsonObject But(string other) => right.With(new JsonObject { ["note"] = Hex(Encoding.UTF8.GetBytes(other)) });
        JsonObject By(string other) => right.With(new JsonObject { ["verifierKey"] = other });
        var line = note[note.IndexOf('\u2014', StringComparison.Ordinal)..];
        yield return ("the text changed", But(note.Replace("two", "tvo", StringComparison.Ordinal)), WrongSignature);
        yield return ("a second signature that does not hold",
            But(note + line[..^8] + "AAAA" + line[^4..]), WrongSignature);
        yield return ("another name", But(note.Replace("log.example", "log.exampl", StringComparison.Ordinal)),
            WrongSignature);
        foreach (var (name, wrong) in Misspelt(note, line)) yield return (name, But(wrong), Malformed);
        yield return ("not UTF-8", right.With(new JsonObject {
            ["note"] = Hex([0xff, .. right.Bytes("note")]),
        }), Malformed);
        var parts = key.Split('+', 3);
        foreach (var (name, wrong) in new[]
        {
            ("empty", ""), ("without a type", $"{parts[0]}+{parts[1]}+"), ("without an id", $"{parts[0]}+{parts[2]}"),
            ("id in capitals", $"{parts[0]}+{parts[1].ToUpperInvariant()}+{parts[2]}"),
            ("another id", $"{parts[0]}+00000000+{parts[2]}"), ("without a name", $"+{parts[1]}+{parts[2]}"),
            ("a name with a space", $"a b+{parts[1]}+{parts[2]}"), ("a byte more", key + "AAAA"),
            ("a witness's", NoteKey.Of("log.example", NoteSignatureType.Cosignature, KeyOf(inputs)).ToString()),
        })
            yield return ($"verifier key: {name}", By(wrong), Malformed);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        using var key = SigningKey.FromSeed(inputs.Bytes("seed"));
        var name = inputs.Text("name");
        return new JsonObject
        {
            ["verifierKey"] = NoteKey.Of(name, NoteSignatureType.Ed25519, key.PublicKey).ToString(),
            ["note"] = Hex(SignedNote.Sign(Encoding.UTF8.GetString(inputs.Bytes("text")), name, key).Encode()),
        };
    }

    protected override string Judge(JsonObject told)
    {
        if (!NoteKey.TryParse(told.Text("verifierKey"), out var key) || key.Type != NoteSignatureType.Ed25519
            || !SignedNote.TryParse(told.Bytes("note"), out var note)) return Malformed;
        return note.IsSignedBy(key) ? Accepted : WrongSignature;
    }

    private static IEnumerable<(string Name, string Note)> Misspelt(string note, string line)
    {
        yield return ("no signature", note[..^line.Length]);
        yield return ("no empty line", note.Replace("\n\n", "\n", StringComparison.Ordinal));
        yield return ("no newline at its end", note[..^1]);
        yield return ("a newline more", note + "\n");
        yield return ("lines end with CRLF", note.Replace("\n", "\r\n", StringComparison.Ordinal));
        yield return ("a carriage return in the text", note.Replace("two", "two\r", StringComparison.Ordinal));
        yield return ("a tab in the text", note.Replace("two", "two\t", StringComparison.Ordinal));
        yield return ("a zero in the text", note.Replace("two", "two\0", StringComparison.Ordinal));
        yield return ("a hyphen for the dash", note.Replace('\u2014', '-'));
        yield return ("two spaces", note.Replace("example ", "example  ", StringComparison.Ordinal));
        yield return ("a name with a no-break space", note.Replace("log.e", "log\u00a0e", StringComparison.Ordinal));
        yield return ("a name with a next-line", note.Replace("log.e", "log\u0085e", StringComparison.Ordinal));
        yield return ("a name with a plus", note.Replace("log.e", "log+e", StringComparison.Ordinal));
        yield return ("base64 without padding", note.Replace("=\n", "\n", StringComparison.Ordinal));
        yield return ("base64 of URLs", note.Replace('+', '-').Replace('/', '_') + "\u2014 x -___AAAA\n");
        yield return ("base64 with bits left over", note + "\u2014 x AAAAAAB=\n");
        yield return ("an id alone", note + "\u2014 x AAAAAA==\n");
        yield return ("101 signatures", note + string.Concat(Enumerable.Repeat(line, SignedNote.MaxSignatures)));
        yield return ("65,537 bytes",
            new string('x', SignedNote.MaxSize + 1 - Encoding.UTF8.GetByteCount(note)) + note);
    }

    private static VerifyKey KeyOf(JsonObject inputs)
    {
        using var key = SigningKey.FromSeed(inputs.Bytes("seed"));
        return key.PublicKey;
    }

    private static JsonObject Inputs(string text, string name) => new()
    {
        ["seed"] = Hex(new TestRandom(4800).Bytes(32)), ["name"] = name, ["text"] = Hex(Encoding.UTF8.GetBytes(text)),
    };
}
