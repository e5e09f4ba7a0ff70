using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Files;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Auditing;

/// <summary>Verifies a whole log and what hangs on it, and tells what came of it.</summary>
/// <param name="context">Where to tell.</param>
/// <param name="policy">Whose log it is, and who must have cosigned it.</param>
/// <param name="receipts">Receipts that are looked for in it.</param>
internal sealed class LogAuditRun(CliContext context, LogPolicy policy, ImmutableArray<AuditReceipt> receipts)
{
    /// <summary>The file of an older checkpoint, from which the log must go on; null for none.</summary>
    public string? Since { get; init; }

    /// <summary>Where the checkpoint is kept that was verified; null for nowhere.</summary>
    public string? Save { get; init; }

    /// <summary>A report that is checked against it; null for none.</summary>
    public ReportAudit? Report { get; init; }

    /// <summary>Verifies.</summary>
    /// <param name="source">Where the log is.</param>
    /// <param name="place">The same, for a person.</param>
    /// <param name="atOnce">How many bundles are read at once.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="CommandException">Something does not hold.</exception>
    /// <exception cref="LogUnavailableException">A file of it cannot be had.</exception>
    public async Task RunAsync(ILogSource source, string place, int atOnce, CancellationToken ct)
    {
        if (await source.GetAsync(LogFault.Checkpoint, ct) is not { } note)
            throw new CommandException(LogFaultText.NoLog(place));
        var opened = OpenedCheckpoint.Open(note, policy);
        var kept = await ReadKeptAsync(opened.Checkpoint.Origin, ct);
        var trees = kept.Concat(ReadProofs()).DistinctBy(tree => tree.Checkpoint).ToList();
        var audit = new LogAudit(opened.Checkpoint, trees.Select(tree => tree.Checkpoint), receipts)
        {
            Leaf = Report is null ? null : Report.Take,
        };
        if (await context.Output.WithProgressAsync(
            "Verifying the log", progress => audit.RunAsync(source, atOnce, progress, ct)) is { } fault)
            throw new CommandException(LogFaultText.Of(fault, opened, trees));
        ReceiptAudit.Refuse(
            [.. receipts.Where(receipt => IsHidden(receipt, audit)).Select(r => (r.File, LogFaultText.NotInLog))],
            receipts.Length);
        if (Report is not null)
        {
            Report.Refuse();
            await Report.RewriteAsync(ct);
        }

        if (Save is not null) await PrivateFile.WriteAsync(Save, opened.Note, ct);
        Tell(opened, kept, audit);
    }

    // One that is older than the log's first leaf was given before there was a log.
    private static bool IsHidden(AuditReceipt receipt, LogAudit audit) =>
        audit.PlaceOf(receipt) is null && audit.Earliest is { } earliest && receipt.Receipt.ErasedAt >= earliest;

    private async Task<List<(string File, Checkpoint Checkpoint)>> ReadKeptAsync(string origin, CancellationToken ct)
    {
        var kept = new List<(string, Checkpoint)>();
        if (Since is not null) kept.Add(await ReadAsync(Since));
        if (Report is not null)
            kept.Add((Report.File, OpenedCheckpoint.OpenKept(Report.Checkpoint, Report.File, policy, origin)));
        if (Save is not null && Save != Since && FileKinds.Of(Save) == FileKind.Plain) kept.Add(await ReadAsync(Save));
        return kept;

        async Task<(string, Checkpoint)> ReadAsync(string file)
        {
            var bytes = await BoundedFile.ReadAsync(
                file, SignedNote.MaxSize, _ => CliFailure.Usage($"{file} is no checkpoint: it is too long"), ct);
            return (file, OpenedCheckpoint.OpenKept(bytes, file, policy, origin));
        }
    }

    // What a receipt was proved by is a tree of this log, or of another: one that was lost, perhaps.
    private List<(string File, Checkpoint Checkpoint)> ReadProofs()
    {
        var (trees, wrong) = (new List<(string, Checkpoint)>(), new List<(string, CliFailure)>());
        foreach (var receipt in receipts)
        {
            foreach (var (log, _) in policy.Logs)
            {
                if (receipt.Signed.Checkpoint is not { } note || !Checkpoint.TryOpen(note, log, out var tree)) continue;
                if (receipt.Signed.IsLogged(LogPolicy.Of(log))) trees.Add((receipt.File, tree));
                else wrong.Add((receipt.File, LogFaultText.UnprovedReceipt));
            }
        }

        ReceiptAudit.Refuse(wrong, receipts.Length);
        return trees;
    }

    private void Tell(
        OpenedCheckpoint opened, List<(string File, Checkpoint Checkpoint)> kept, LogAudit audit)
    {
        var (checkpoint, after) = (opened.Checkpoint, kept.Select(k => (ulong?)k.Checkpoint.Size).Min());
        context.Output.Result(
            new JsonObject
            {
                ["origin"] = checkpoint.Origin,
                ["size"] = checkpoint.Size,
                ["root"] = Convert.ToBase64String(checkpoint.Root.ToArray()),
                ["goesOnFrom"] = after,
                ["earliest"] = audit.Earliest,
                ["latest"] = audit.Latest,
                ["events"] = new JsonObject(audit.Events.Select(e => KeyValuePair.Create(
                    Words.Kebab(e.Key.ToString()), (JsonNode?)e.Value))),
                ["cosigned"] = opened.Cosigned.Select(by => (JsonNode?)new JsonObject
                {
                    ["witness"] = by.Witness, ["at"] = by.Time,
                }).ToJson(),
                ["receipts"] = receipts.IsEmpty ? null : ReceiptAudit.ToJson(receipts, audit.PlaceOf),
                ["report"] = Report is null ? null : new JsonObject
                {
                    ["erasures"] = Report.Report.Rows.Length, ["unexplained"] = Report.Report.Unexplained.Length,
                    ["rewritten"] = Report.Others.Select(name => (JsonNode?)name).ToJson(),
                },
                ["saved"] = Save,
            },
            people => Write(people, opened, after, audit));
    }

    private void Write(Terminal people, OpenedCheckpoint opened, ulong? after, LogAudit audit)
    {
        var checkpoint = opened.Checkpoint;
        people.WriteLine($"The log {checkpoint.Origin} holds: {Leaves(checkpoint.Size)}{Times(audit)}.");
        people.WriteLine(
            opened.Cosigned.IsEmpty
                ? "Its checkpoint is signed by the log, and the policy asks for no witness."
                : $"Its checkpoint is signed by the log, and cosigned by "
                    + $"{Words.List(opened.Cosigned.Select(by => $"{by.Witness} ({Time(by.Time)})"))}.");
        if (after is { } size) people.WriteLine($"It goes on from the {Leaves(size)} of the checkpoint that was kept.");
        if (Report is not null)
            people.WriteLine($"The report has each leaf about an erasure since its first day, and each receipt is one: "
                + $"{Words.Count(Report.Report.Rows.Length, "erasure", "erasures")}, and "
                + $"{Words.Count(Report.Report.Unexplained.Length, "leaf", "leaves")} of other apps.");
        foreach (var name in Report?.Others ?? []) people.WriteLine($"{name} was another, and is written anew.");
        foreach (var (what, count) in audit.Events)
            people.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"  {Words.Kebab(what.ToString()),-18} {count,12:N0}"));
        foreach (var receipt in receipts)
            people.WriteLine($"{Words.Argument(receipt.File)}: erasure {receipt.Receipt.Id}, level "
                + $"{receipt.Receipt.Level}, "
                + (audit.PlaceOf(receipt) is { } index ? $"leaf {index}" : "given before this log began"));
        if (Save is not null) people.WriteLine($"The checkpoint is kept in {Save}: give the same file next time.");
        people.WriteLine(
            "It does not say whom a leaf is about, nor that each change has one: that an account's own devices see.");
    }

    private static string Leaves(ulong size) => Words.Count((long)size, "leaf", "leaves");

    private static string Times(LogAudit audit) => audit is { Earliest: { } from, Latest: { } to }
        ? $", from {Time(from)} to {Time(to)} by the server's clock" : "";

    private static string Time(ulong seconds) => Words.Time(ToldTime.At(seconds));
}
