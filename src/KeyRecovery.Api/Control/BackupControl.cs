using System.Text.Json;
using KeyRecovery.Api.Backups;
using KeyRecovery.Api.Reports;
using KeyRecovery.Api.Telemetry;

namespace KeyRecovery.Api.Control;

/// <summary>
/// <c>{"verb":"backup","to":"/backups"}</c>, with <c>"dataOnly":true</c>, <c>"keysOnly":true</c>,
/// <c>"expiresAfterDays":N</c> and <c>"deleteExpired":true</c> as they are wanted.
/// </summary>
internal sealed partial class BackupControl(BackupRuns runs, ServerMetrics metrics, ILogger<BackupControl> logger)
    : IControlVerb
{
    public const string VerbName = "backup";

    public string Name => VerbName;

    public async Task<string> RunAsync(JsonElement request, Action<string> progress, CancellationToken ct)
    {
        var asked = request.Deserialize(ReportJson.Default.BackupRequest)!;
        var report = await runs.RunAsync(asked, line => progress(line.ToJson()), ct);
        metrics.BackedUp(asked.DataOnly ? "data" : asked.KeysOnly ? "keys" : "all", report.Outcome);
        if (report.IsDone) Done(logger, report.Set!, report.DataBytes, report.KeyRows);
        else Failed(logger, report.Problem!);
        return JsonSerializer.Serialize(report, ReportJson.Default.BackupReport);
    }

    [LoggerMessage(60, LogLevel.Information, "Backup set {Set}: {DataBytes} bytes of data, {KeyRows} rows of keys",
        EventName = "BackedUp")]
    private static partial void Done(ILogger logger, string set, ulong dataBytes, ulong keyRows);

    [LoggerMessage(61, LogLevel.Error, "No backup set was made: {Problem}", EventName = "BackupFailed")]
    private static partial void Failed(ILogger logger, string problem);
}
