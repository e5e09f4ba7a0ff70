using System.Text;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>A policy, and a checkpoint that it takes (C2SP tlog-policy).</summary>
internal sealed class LogPolicyFormat() : GoldenFormat("log-policy", "§17")
{
    private const string NotAccepted = "not-accepted";
    private const string Origin = "log.example/one";

    private static string Three => Keys(0, 1, 2);

    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("no witness", Inputs($"log {Log}\nquorum none\n"));
        yield return ("one witness, spaces, tabs and comments",
            Inputs($"# caf\u00e9\n\t \n \tlog\t{Log}  https://log.example/ \n{Keys(0)}\t \n\t# more\nquorum W0\n", 0));
        yield return ("two of three", Inputs($"log {Log}\n{Three}\ngroup G 2 W0 W1 W2\nquorum G\n", 2, 0));
        yield return ("groups in groups, names that are no ASCII", Inputs(
            $"{Three}\ngroup \u00e9 any W0 W1\ngroup all all \u00e9 W2\nlog {Log}\nquorum all\n", 1, 2));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var two = $"log {Log}\n{Three}\ngroup G 2 W0 W1 W2\nquorum G\n";
        yield return ("one of two", Inputs(two, 0), NotAccepted);
        yield return ("one twice", Inputs(two, 0, 0), NotAccepted);
        yield return ("none", Inputs(two), NotAccepted);
        yield return ("any of the others",
            Inputs($"log {Log}\n{Three}\ngroup G any W0 W1\nquorum G\n", 2), NotAccepted);
        yield return ("all but one",
            Inputs($"log {Log}\n{Three}\ngroup G all W0 W1 W2\nquorum G\n", 0, 1), NotAccepted);
        yield return ("no log", Inputs("quorum none\n"), NotAccepted);
        foreach (var (name, policy) in new[]
        {
            ("empty", ""), ("no quorum", $"log {Log}\n"), ("two quorums", "quorum none\nquorum none\n"),
            ("a quorum that is not there", $"{Three}\nquorum W3\n"),
            ("a quorum before it is there", $"quorum W0\n{Three}\n"),
            ("another word", $"Log {Log}\nquorum none\n"), ("a log twice", $"log {Log}\nlog {Log}\nquorum none\n"),
            ("a log's key for a witness", $"witness W {Log}\nquorum none\n"),
            ("a witness twice", $"{Keys(0)}\n{Keys(0).Replace("W0", "W", StringComparison.Ordinal)}\nquorum none\n"),
            ("a name twice", $"{Keys(0)}\n{Keys(1).Replace("W1", "W0", StringComparison.Ordinal)}\nquorum none\n"),
            ("a witness that is named none",
                $"{Keys(0).Replace("W0", "none", StringComparison.Ordinal)}\nquorum none\n"),
            ("0 of 3", $"{Three}\ngroup G 0 W0 W1 W2\nquorum G\n"),
            ("4 of 3", $"{Three}\ngroup G 4 W0 W1 W2\nquorum G\n"),
            ("a group of nobody", $"{Three}\ngroup G any\nquorum none\n"),
            ("a member twice", $"{Three}\ngroup G any W0 W0\nquorum G\n"),
            ("a member of two groups", $"{Three}\ngroup G any W0 W1\ngroup H any W1 W2\nquorum H\n"),
            ("a member that is none", $"{Three}\ngroup G any W0 none\nquorum G\n"),
            ("a group of itself", $"{Three}\ngroup G any W0 G\nquorum G\n"),
            ("a word more", $"log {Log} https://log.example/ more\nquorum none\n"),
            ("lines end with CRLF", $"log {Log}\r\nquorum none\r\n"), ("a form feed", $"\flog {Log}\nquorum none\n"),
            ("a delete", $"#\u007f\nlog {Log}\nquorum none\n"), ("no newline at its end", $"log {Log}\nquorum none"),
            ("65,537 bytes", $"#{new string('x', LogPolicy.MaxSize - 13)}\nquorum none\n"),
        })
            yield return (name, Inputs(policy), Malformed);
    }

    public override JsonObject Write(JsonObject inputs)
    {
        Assert.True(LogPolicy.TryParse(inputs.Bytes("policy"), out var policy, out var fault), fault);
        Assert.True(SignedNote.TryParse(inputs.Bytes("note"), out var note));
        Assert.True(policy.TryAccept(note, out var checkpoint));
        return new JsonObject
        {
            ["logs"] = new JsonArray([.. policy.Logs.Select(log => (JsonNode)log.Key.ToString())]),
            ["witnesses"] = new JsonArray([.. policy.Witnesses.Select(witness => (JsonNode)witness.Key.ToString())]),
            ["root"] = Hex(checkpoint.Root.ToArray()),
        };
    }

    protected override string Judge(JsonObject told)
    {
        if (!LogPolicy.TryParse(told.Bytes("policy"), out var policy, out _)
            || !SignedNote.TryParse(told.Bytes("note"), out var note)) return Malformed;
        return policy.TryAccept(note, out _) ? Accepted : NotAccepted;
    }

    private static string Log
    {
        get
        {
            using var key = Key(9);
            return NoteKey.Of(Origin, NoteSignatureType.Ed25519, key.PublicKey).ToString();
        }
    }

    private static SigningKey Key(int i) => SigningKey.FromSeed(new TestRandom(4830 + i).Bytes(32));

    private static string Keys(params int[] witnesses) => string.Join('\n', witnesses.Select(i =>
    {
        using var key = Key(i);
        return $"witness W{i} {NoteKey.Of($"w{i}.example", NoteSignatureType.Cosignature, key.PublicKey)}";
    }));

    private static JsonObject Inputs(string policy, params int[] by)
    {
        using var log = Key(9);
        var note = new Checkpoint(Origin, 5, MerkleTree.LeafHash([])).Sign(log);
        foreach (var i in by)
        {
            using var witness = Key(i);
            note = note.With(Cosignature.Sign(note, 1_800_000_000, $"w{i}.example", witness));
        }

        return new JsonObject
        {
            ["policy"] = Hex(Encoding.UTF8.GetBytes(policy)), ["note"] = Hex(note.Encode()),
        };
    }
}
