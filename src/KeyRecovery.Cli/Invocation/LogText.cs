using System.Text.Json.Nodes;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Invocation;

/// <summary>Something does not hold between the account and the server's log: what that means.</summary>
internal static class LogText
{
    /// <summary>One line.</summary>
    public static string Note(LogFinding finding) =>
        $"the server's log does not hold: {What(finding)} (version {finding.Version}, first seen "
        + $"{Words.Time(finding.SeenAt)}). Nothing of the account is lost, and all of it works. Whoever runs the "
        + "server should know, and say why: keyrecovery activity shows what was done, and with --json what proves it. "
        + "Once you know why: keyrecovery activity --dismiss";

    /// <summary>For machines, with the evidence.</summary>
    public static JsonObject Json(LogFinding finding) => new()
    {
        ["fault"] = RuleWords.Of(finding.Fault),
        ["seenAt"] = finding.SeenAt,
        ["version"] = finding.Version,
        ["known"] = NoteOf(finding.Known),
        ["served"] = NoteOf(finding.Served),
    };

    /// <summary>The same of what a failure tells.</summary>
    public static JsonObject Json(LogEvidence evidence) => new()
    {
        ["known"] = NoteOf(evidence.Known),
        ["served"] = NoteOf(evidence.Served),
        ["index"] = evidence.Index,
    };

    private static string What(LogFinding finding) => finding.Fault switch
    {
        ProtocolFault.LogMissing => "a change of the account is not in it",
        ProtocolFault.LogCheckpoint => "it is not signed by the key that this device knows",
        ProtocolFault.RolledBackLog => "it is shorter than it was",
        ProtocolFault.ForkedLog => "it is another one than it was",
        ProtocolFault.LogProof => "a change of the account is not where it is said to be",
        ProtocolFault.DroppedEntry => "what the server tells of the account leaves something out",
        _ => "what the server tells of the account is not what its devices have signed",
    };

    private static string? NoteOf(ReadOnlyMemory<byte> note) => note.IsEmpty ? null : Base64UrlText.Encode(note.Span);
}
