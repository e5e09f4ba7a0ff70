using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Auditing;

/// <summary>A log that does not hold, or cannot be had: what that means, and what to do.</summary>
internal static class LogFaultText
{
    /// <summary>It does not hold.</summary>
    /// <param name="fault">What is wrong.</param>
    /// <param name="served">The checkpoint that was verified.</param>
    /// <param name="kept">Older ones by the names of their files.</param>
    public static CliFailure Of(
        LogFault fault, OpenedCheckpoint served, IReadOnlyCollection<(string File, Checkpoint Checkpoint)> kept)
    {
        var kind = Words.Kebab(fault.Kind.ToString());
        var before = fault.Path == LogFault.Checkpoint
            ? kept.FirstOrDefault(k => k.Checkpoint.Size == fault.Last + 1 && k.Checkpoint != served.Checkpoint).File
            : null;
        return new CliFailure("log-wrong", $"the log {served.Checkpoint.Origin} does not hold: {What(fault, before)}")
        {
            Key = before is null || fault.Kind == LogFaultKind.Shorter
                ? $"log-wrong.{kind}" : "log-wrong.rewritten",
            Advice = Advice(fault.Kind, before),
            Details = new JsonObject
            {
                ["fault"] = kind,
                ["path"] = fault.Path,
                ["index"] = fault.Index,
                ["last"] = fault.Last,
                ["kept"] = before,
                ["checkpoint"] = Convert.ToBase64String(served.Note.Span),
            },
        };
    }

    /// <summary>It cannot be had.</summary>
    public static CliFailure Of(LogUnavailableException gone, Uri log) =>
        new("transient", $"the log cannot be had: {gone.Message}")
        {
            Key = FailureText.Key(gone.Failure),
            Advice =
            [
                .. gone.Failure is ClientFailure.Transient passing ? NetworkText.Advice(passing.Cause) : [],
                $"The log's address is {log}. This says nothing of the log: try again.",
            ],
        };

    /// <summary>A receipt brings a proof that is none, under this policy.</summary>
    public static CliFailure UnprovedReceipt { get; } = new(
        "receipt-proof", "the receipt is signed, and its proof does not show that this log has it")
    {
        Advice =
        [
            "Another log's key or policy may be due: the log's key changes with a log that was begun anew.",
            "--log or --dir looks for the receipt in the log itself.",
        ],
    };

    /// <summary>A receipt is signed, and the log does not have it.</summary>
    public static CliFailure NotInLog { get; } = new(
        "receipt-not-in-log", "the receipt is signed, and the log has no leaf of it")
    {
        Advice =
        [
            "It may be a minute old: try again. Else the server told one what it hides from all others: keep the "
            + "receipt.",
        ],
    };

    /// <summary>There is nothing of it.</summary>
    public static CliFailure NoLog(string place) => new(
        ProblemTypes.NotFound, $"there is no log at {place}: no checkpoint")
    {
        Advice = ["A KeyRecovery server has it at its address and /audit, and in its folder log."],
    };

    private static string What(LogFault fault, string? before) => (fault.Kind, before) switch
    {
        (_, null) => fault.Message,
        (LogFaultKind.Shorter, _) =>
            $"it has {fault.Index} leaves, and the checkpoint in {before} has {fault.Last + 1}",
        _ => $"it does not go on from the checkpoint in {before}: one at least of the leaves {fault.Index} to "
            + $"{fault.Last} is another now",
    };

    private static string[] Advice(LogFaultKind kind, string? before) => kind switch
    {
        LogFaultKind.Shorter =>
        [
            "What came may be an older copy, or a cache's: try again, and by another way. If it stays, the log went "
            + "back: keep the file, which is signed by the same log.",
        ],
        _ when before is not null =>
        [
            "Keep both checkpoints, the one that came (--json tells it) and the one in the file: signed by the same "
            + "log, they prove that it was rewritten.",
        ],
        LogFaultKind.NewerLeaf => ["Update this program: it knows no such leaf, and says nothing of it."],
        LogFaultKind.Missing or LogFaultKind.Malformed =>
        [
            "Is it a copy? Then it may not be whole: copy it anew, the checkpoint first.",
            "Else whoever runs the log has lost or changed what was published: tell them, with the file and the leaf.",
        ],
        _ =>
        [
            "What was published was changed, or is none of this log. Keep a copy as it is, and tell whoever runs the "
            + "log, with the file and the leaf.",
        ],
    };
}
