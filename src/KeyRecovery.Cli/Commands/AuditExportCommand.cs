using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Auditing;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Files;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Cli.Commands;

/// <summary>
/// <c>audit export</c>: every erasure that the log knows of since a day, with what the server says of each, in a folder
/// of three files. Without a token, or of a copy of the log, it has leaves and times alone.
/// </summary>
internal static class AuditExportCommand
{
    private const int AtOnce = 200;
    private const int JobPage = 200;
    private const ulong SecondsOfDay = 24 * 60 * 60;

    public static Command Make()
    {
        var log = new AuditLogOptions();
        var from = new Option<string>("--from") { HelpName = "DAY", Required = true,
            Description = "The first day (UTC) on which erasures were asked for: 2026-01-31" };
        var to = new Option<string?>("--to") { HelpName = "DAY", Description = "The last one [default: today]" };
        var folder = new Option<string>("--out") { HelpName = "DIR", Required = true,
            Description = "Where the report is written: a folder that is not there, or is empty" };
        var jobs = new Option<string[]>("--job") { HelpName = "JOB", AllowMultipleArgumentsPerToken = true,
            Description = "Operators' jobs whose lines are told as well: those that met nobody leave no leaf" };
        return new Command(
            "export", "Writes every erasure of a period, with receipts and proofs, as CSV, JSON and a page to read")
        {
            log.Address, log.Folder, log.Policy, log.Key, from, to, folder, jobs,
        }.Runs(async (context, parsed, ct) =>
        {
            var (first, last) = (Day(parsed.GetRequiredValue(from), "--from"),
                parsed.GetValue(to) is { } day ? Day(day, "--to") : DateOnly.FromDateTime(DateTime.UtcNow));
            if (last < first) throw new CommandException(CliFailure.Usage("--to is before --from"));
            var target = parsed.GetRequiredValue(folder);
            if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
                throw new CommandException(new CliFailure("file-exists", $"{Words.Argument(target)} is not empty"));
            await log.OpenAsync(parsed, (source, policy, place, atOnce) => RunAsync(
                context, source, policy, place, atOnce, Seconds(first), Seconds(last) + SecondsOfDay, target,
                parsed.GetValue(jobs) ?? [], ct));
        }, usesHome: false);
    }

    private static async Task RunAsync(
        CliContext context, ILogSource source, LogPolicy policy, string place, int atOnce, ulong from, ulong to,
        string folder, string[] jobs, CancellationToken ct)
    {
        if (await source.GetAsync(LogFault.Checkpoint, ct) is not { } note)
            throw new CommandException(LogFaultText.NoLog(place));
        var (opened, leaves) = (OpenedCheckpoint.Open(note, policy), new ReportLeaves(from, to));
        var audit = new LogAudit(opened.Checkpoint, [], []) { Leaf = leaves.Take };
        if (await context.Output.WithProgressAsync(
            "Verifying the log", progress => audit.RunAsync(source, atOnce, progress, ct)) is { } fault)
            throw new CommandException(LogFaultText.Of(fault, opened, []));
        var isAsked = await context.ReadTokenAsync(ct) is not null;
        var maker = new ReportMaker(source, opened);
        foreach (var some in leaves.All.Chunk(AtOnce))
            await maker.AddAsync(some, isAsked ? await AskAsync(context, some, ct) : [], ct);
        var lines = ImmutableArray.CreateBuilder<ReportJobLine>();
        foreach (var job in jobs) await AddLinesAsync(context, job, lines, ct);
        var report = new AuditReport
        {
            Server = isAsked ? context.Server.ToString() : "",
            From = from,
            To = to,
            MadeAt = (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            Origin = opened.Checkpoint.Origin,
            Size = opened.Checkpoint.Size,
            Checkpoint = Convert.ToBase64String(opened.Note.Span),
            Rows = maker.Rows,
            Unexplained = maker.Unexplained,
            Events = leaves.Events,
            Lines = lines.ToImmutable(),
        };
        PrivateFile.MakeFolder(folder);
        foreach (var (name, content) in ReportFiles.Of(report))
            await PrivateFile.WriteAsync(Path.Combine(folder, name), content, ct);
        Tell(context, report, folder, isAsked);
    }

    private static void Tell(CliContext context, AuditReport report, string folder, bool isAsked)
    {
        var asked = report.Population.Count();
        context.Output.Result(
            new JsonObject
            {
                ["folder"] = folder,
                ["erasures"] = report.Rows.Length,
                ["askedInPeriod"] = asked,
                ["unexplained"] = report.Unexplained.Length,
                ["logSize"] = report.Size,
            },
            people =>
            {
                people.WriteLine($"{Words.Argument(folder)}: {Words.Count(asked, "erasure", "erasures")} asked for in "
                    + $"the period, from a log of {Words.Count((long)report.Size, "leaf", "leaves")}.");
                var others = Words.Count(report.Unexplained.Length, "leaf", "leaves");
                if (report.Unexplained.Length > 0)
                    people.WriteLine(isAsked
                        ? $"{others} about erasures of other apps, as the server says."
                        : "Nobody was asked what its leaves are about: --token FILE, of an operator.");
                people.WriteLine(
                    "To check it against the log: keyrecovery audit verify --report DIR --log URL --key KEY");
            });
    }

    private static async Task<Dictionary<string, JsonElement>> AskAsync(
        CliContext context, IEnumerable<(ReportLeaf Leaf, Hash256 Hash, AuditLeaf Logged)> leaves,
        CancellationToken ct)
    {
        var body = new JsonObject
        {
            ["leaves"] = leaves.Select(leaf => (JsonNode?)leaf.Hash.ToString()).ToJson(),
        };
        var told = await OperatorApi.SendAsync(context, "/v1/admin/erasures/leaves", body, ct);
        return told.GetProperty("records").EnumerateArray()
            .ToDictionary(record => record.GetProperty("leaf").GetString()!);
    }

    private static async Task AddLinesAsync(
        CliContext context, string job, ImmutableArray<ReportJobLine>.Builder lines, CancellationToken ct)
    {
        for (var after = 0; ;)
        {
            var told = await OperatorApi.SendAsync(
                context, HttpMethod.Get,
                $"/v1/admin/erasures/{Uri.EscapeDataString(job)}?after={after}&limit={JobPage}", null, ct);
            var page = told.GetProperty("outcomes").EnumerateArray().ToList();
            foreach (var line in page)
                lines.Add(new ReportJobLine(
                    job, after = line.GetProperty("line").GetInt32(), line.GetProperty("outcome").GetString()!,
                    line.TryGetProperty("returned", out _)));
            if (page.Count < JobPage) return;
        }
    }

    private static DateOnly Day(string text, string option) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day.Year is >= 1970 and < 9999
            ? day : throw new CommandException(CliFailure.Usage($"{option} takes a day: 2026-01-31"));

    private static ulong Seconds(DateOnly day) =>
        (ulong)(day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber) * SecondsOfDay;
}
