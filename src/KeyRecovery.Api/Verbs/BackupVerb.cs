using System.Globalization;
using System.Text.Json;
using KeyRecovery.Api.Backups;
using KeyRecovery.Api.CommandLine;
using KeyRecovery.Api.Control;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Reports;

namespace KeyRecovery.Api.Verbs;

/// <summary><c>backup</c>: makes a backup set. Asks the running server; where none runs, it does it itself.</summary>
internal static class BackupVerb
{
    public static async Task<int> RunAsync(string[] args)
    {
        var (request, json, rest) = Parse(args);
        var options = Server.ReadOptions(rest);
        Action<BackupLine> tell = json ? _ => { } : line => Console.Out.WriteLine(line.ToText());
        var report = await TryAsync(options, request, tell);
        if (json) Console.Out.WriteLine(JsonSerializer.Serialize(report, ReportJson.Default.BackupReport));
        else if (report.IsDone)
            foreach (var line in Sentences(report)) Console.Out.WriteLine(line);
        if (!report.IsDone) Console.Error.WriteLine($"failed: {report.Problem}");
        return report.IsDone ? 0 : 1;
    }

    // Whoever reads JSON reads of each failure in it.
    private static async Task<BackupReport> TryAsync(
        KeyRecoveryOptions options, BackupRequest request, Action<BackupLine> tell)
    {
        try
        {
            return await AskAsync(options, request, tell) ?? await RunAsync(options, request, tell);
        }
        catch (Exception failure) when (VerbTable.IsTold(failure))
        {
            return BackupReport.Failed(failure.Message);
        }
    }

    private static async Task<BackupReport?> AskAsync(
        KeyRecoveryOptions options, BackupRequest request, Action<BackupLine> tell)
    {
        var answer = await ControlClient.TryAskAsync(
            options.Directories.Ring, JsonSerializer.Serialize(request, ReportJson.Default.BackupRequest),
            line => tell(line.Deserialize(ReportJson.Default.BackupLine)!));
        return answer?.Deserialize(ReportJson.Default.BackupReport);
    }

    private static async Task<BackupReport> RunAsync(
        KeyRecoveryOptions options, BackupRequest request, Action<BackupLine> tell)
    {
        await using var stores = await ControlClient.OpenAloneAsync(options);
        using var runs = new BackupRuns(stores, options, TimeProvider.System);
        return await runs.RunAsync(request, tell, CancellationToken.None);
    }

    private static IEnumerable<string> Sentences(BackupReport report)
    {
        yield return $"done: {report.Set}";
        if (report.Deleted > 0) yield return $"expired, and deleted: {report.Deleted} sets of the keys alone";
        yield return $"signed with the audit key: {report.AuditKey}";
        if (report.Escrow is null)
        {
            yield return "the data alone: it restores a lost data store beside the key store that lives, and nothing "
                + "else";
            yield break;
        }

        var ends = DateTimeOffset.FromUnixTimeSeconds((long)report.ExpiresAt!.Value)
            .ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        yield return $"its escrow: {report.Escrow}";
        yield return $"keep a copy of the escrow, and of the fence's folder, on another machine than the set; destroy "
            + $"that copy on {ends}";
        yield return "keep the audit key on paper, or with the escrow's copy: after the loss of everything, it tells "
            + "this set from one that somebody else has made";
    }

    private static (BackupRequest Request, bool Json, string[] Settings) Parse(string[] args)
    {
        var switches = new Switches(args);
        var to = switches.Value("--to", "a directory")
            ?? throw new UsageException("backup needs --to DIR, the directory in which sets are kept");
        var request = new BackupRequest(
            BackupControl.VerbName, Path.GetFullPath(to), switches.Has("--data-only"), switches.Has("--keys-only"),
            switches.Number("--expires-days", 1, 365), switches.Has("--delete-expired"));
        return (request, switches.Has("--json"), switches.Rest);
    }
}
