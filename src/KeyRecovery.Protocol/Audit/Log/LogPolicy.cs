using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery;

/// <summary>
/// Which logs and which witnesses somebody trusts, and how many of these must have cosigned (C2SP tlog-policy).
/// </summary>
public sealed class LogPolicy
{
    /// <summary>The largest file in bytes: 65,536.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>The most logs, the most witnesses and the most groups: 256 each.</summary>
    public const int MaxOfEach = 256;

    private const string None = "none";

    private readonly Dictionary<string, Rule> _rules = [];
    private string? _quorum;

    private LogPolicy() { }

    /// <summary>The logs.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public ImmutableArray<LogPolicyEntry> Logs { get; private set; } = [];

    /// <summary>The witnesses.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public ImmutableArray<LogPolicyEntry> Witnesses { get; private set; } = [];

    /// <summary>A policy of one log that needs no witness.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static LogPolicy Of(NoteKey log) => new() { Logs = [new LogPolicyEntry(log, null)], _quorum = None };

    /// <summary>Reads a policy's file.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="fault">What is wrong, with the line's number; null where nothing is.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out LogPolicy? policy, [NotNullWhen(false)] out string? fault)
    {
        (policy, fault) = (null, null);
        if (bytes.Length > MaxSize) return Refuse($"larger than {MaxSize} bytes", out fault);
        if (bytes.Length > 0 && bytes[^1] != '\n') return Refuse("the last line does not end", out fault);
        var made = new LogPolicy();
        // Bytes beyond ASCII are opaque: one character each.
        var lines = Encoding.Latin1.GetString(bytes).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Any(c => (c < ' ' && c != '\t') || c == '\x7f'))
                return Refuse($"line {i + 1}: a control character", out fault);
            var words = lines[i].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || words[0].StartsWith('#')) continue;
            if (made.Take(words) is { } wrong) return Refuse($"line {i + 1}: {wrong}", out fault);
        }

        if (made._quorum is null) return Refuse("no line says the quorum", out fault);
        policy = made;
        return true;
    }

    /// <summary>Whether a checkpoint needs cosignatures.</summary>
    public bool NeedsWitnesses => _quorum != None;

    /// <summary>Whether a checkpoint that some of the witnesses have cosigned, and no others, is as it asks.</summary>
    /// <param name="hasCosigned">Says it of each witness.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public bool IsQuorum(Func<NoteKey, bool> hasCosigned) => Has(_quorum!, hasCosigned);

    /// <summary>Whether a checkpoint is signed by a log of the policy, and cosigned as it asks.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public bool TryAccept(SignedNote note, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        checkpoint = null;
        foreach (var (log, _) in Logs)
        {
            if (!Checkpoint.TryOpen(note, log, out var opened)) continue;
            if (!IsQuorum(witness => Cosignature.FindTime(note, witness) is not null)) return false;
            checkpoint = opened;
            return true;
        }

        return false;
    }

    private static bool Refuse(string what, out string fault)
    {
        fault = what;
        return false;
    }

    private bool Has(string name, Func<NoteKey, bool> hasCosigned)
    {
        if (name == None) return true;
        var rule = _rules[name];
        return rule.Witness is { } witness
            ? hasCosigned(witness) : rule.Members.Count(member => Has(member, hasCosigned)) >= rule.Least;
    }

    private string? Take(string[] words) => words switch
    {
        ["log", var key] => TakeLog(key, null),
        ["log", var key, var url] => TakeLog(key, url),
        ["witness", var name, var key] => TakeWitness(name, key, null),
        ["witness", var name, var key, var url] => TakeWitness(name, key, url),
        ["group", var name, var least, .. { Length: > 0 } members] => TakeGroup(name, least, members),
        ["quorum", var name] => TakeQuorum(name),
        _ => "not a line of a policy",
    };

    private string? TakeLog(string text, string? url)
    {
        if (!TryKey(text, NoteSignatureType.Ed25519, out var key)) return "not the key of a log";
        if (Logs.Length == MaxOfEach) return "too many logs";
        if (Logs.Any(log => log.Key.Key == key.Key)) return "a log twice";
        Logs = Logs.Add(new LogPolicyEntry(key, url));
        return null;
    }

    private string? TakeWitness(string name, string text, string? url)
    {
        if (!TryKey(text, NoteSignatureType.Cosignature, out var key)) return "not the key of a witness";
        if (Witnesses.Length == MaxOfEach) return "too many witnesses";
        if (Witnesses.Any(witness => witness.Key.Key == key.Key)) return "a witness twice";
        if (name == None || !_rules.TryAdd(name, new Rule(key, 1, []))) return "a name twice";
        Witnesses = Witnesses.Add(new LogPolicyEntry(key, url));
        return null;
    }

    private string? TakeGroup(string name, string least, string[] members)
    {
        // Groups in groups are asked one inside the other: their number bounds how deep that goes.
        if (_rules.Count - Witnesses.Length == MaxOfEach) return "too many groups";
        if (!members.All(_rules.ContainsKey)) return "a member is not defined above";
        // A member counts in one place alone.
        var taken = _rules.Values.SelectMany(rule => rule.Members).ToHashSet();
        if (!members.All(taken.Add)) return "a member twice";
        var count = least switch
        {
            "all" => (ulong)members.Length,
            "any" => 1UL,
            _ => NoteText.TryNumber(least, out var number) ? number : 0,
        };
        if (count < 1 || count > (ulong)members.Length) return "not a number of members";
        return name == None || !_rules.TryAdd(name, new Rule(null, (int)count, members)) ? "a name twice" : null;
    }

    private string? TakeQuorum(string name)
    {
        if (_quorum is not null) return "the quorum twice";
        if (name != None && !_rules.ContainsKey(name)) return "it is not defined above";
        _quorum = name;
        return null;
    }

    private static bool TryKey(string latin1, NoteSignatureType type, [NotNullWhen(true)] out NoteKey? key)
    {
        key = null;
        return NoteText.TryDecode(Encoding.Latin1.GetBytes(latin1), out var text)
            && NoteKey.TryParse(text, out key) && key.Type == type;
    }

    // A witness, or so many of some members.
    private sealed record Rule(NoteKey? Witness, int Least, string[] Members);
}
