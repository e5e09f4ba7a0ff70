using KeyRecovery.Api.Reports;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Rotation;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// Runs rotations for whoever asks, and raises the alarm where one does not end: a metric and an <c>Error</c> line.
/// What is not done stays pending.
/// </summary>
internal sealed partial class Rotations(ServerStores stores, ServerMetrics metrics, ILogger<Rotations> logger)
{
    public bool IsUnfinished => stores.Service.Rotation.IsUnfinished;

    public bool IsRootUnfinished => stores.RootRotation.IsUnfinished;

    /// <summary>Finishes what is under way and, where asked, replaces the KEK that is current.</summary>
    public async Task<RotationReport> RunAsync(bool begin, IProgress<RotationProgress>? progress, CancellationToken ct)
    {
        var outcome = await stores.Service.Rotation.RunAsync(begin, progress, ct);
        var report = RotationReport.Of(outcome, stores.Service.Ring);
        metrics.Rotated("kek", report.Outcome);
        if (report.Lost > 0) Lost(logger, report.Lost);
        if (report.IsDone) Done(logger, string.Join(", ", report.Destroyed), report.Current, report.Rewrapped);
        else Pending(logger, report.Problem!, (outcome as RotationOutcome.Refused)?.Refusal.Cause);
        return report;
    }

    /// <summary>Replaces the root key, or finishes what was begun.</summary>
    public async Task<RotationReport> RunRootAsync(CancellationToken ct)
    {
        var result = await stores.RootRotation.RunAsync(ct);
        var report = RotationReport.OfRoot(result, stores.Service.Ring);
        metrics.Rotated("root", report.Outcome);
        if (result is RingResult.Refused refused) RootPending(logger, refused.Reason, refused.Cause);
        else RootDone(logger);
        return report;
    }

    [LoggerMessage(40, LogLevel.Information,
        "KEK rotation done: destroyed {Destroyed}, current {Current}, {Rewrapped} rows re-wrapped",
        EventName = "Rotated")]
    private static partial void Done(ILogger logger, string destroyed, uint current, int rewrapped);

    [LoggerMessage(41, LogLevel.Error,
        "KEK rotation pending, no KEK was destroyed that a row may need: {Problem}", EventName = "RotationPending")]
    private static partial void Pending(ILogger logger, string problem, Exception? cause);

    [LoggerMessage(42, LogLevel.Information, "Root key rotation done: everything is wrapped under the new root key",
        EventName = "RootRotated")]
    private static partial void RootDone(ILogger logger);

    [LoggerMessage(43, LogLevel.Error, "Root key rotation pending, both root keys are needed: {Problem}",
        EventName = "RootRotationPending")]
    private static partial void RootPending(ILogger logger, string problem, Exception? cause);

    [LoggerMessage(44, LogLevel.Error,
        "{Rows} rows hang on a KEK that was destroyed: nobody opens them any more. Was an old key store put back?",
        EventName = "RowsLost")]
    private static partial void Lost(ILogger logger, int rows);
}
