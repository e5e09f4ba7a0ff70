using KeyRecovery.Api.Options;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Service;
using KeyRecovery.Service.Maintenance;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// Sweeps in the background. A sweep that the brake stopped asks for an operator: <c>check</c> says what is there.
/// </summary>
internal sealed partial class OrphanSweep(
    KeyRecoveryService service, KeyRecoveryOptions options, ILeases leases, ServerMetrics metrics, TimeProvider time,
    ILogger<OrphanSweep> logger)
    : DutyService(Duty.Sweep, TimeSpan.FromMinutes(options.Orphans.SweepEveryMinutes), leases, time)
{
    protected override async Task RunAsync(CancellationToken ct) =>
        Tell(await service.Sweeper.SweepAsync(TimeSpan.FromHours(options.Orphans.AfterHours), ct));

    protected override void Failed(Exception failure) => Failed(logger, failure);

    private void Tell(SweepReport report)
    {
        if (report.Stopped)
        {
            metrics.SweepStopped();
            Stopped(logger);
        }

        if (report.InactiveLeft > 0)
        {
            metrics.SweepStopped();
            InactiveStopped(logger, report.InactiveLeft);
        }

        if (report.Warned + report.Inactive > 0) Inactive(logger, report.Warned, report.Inactive);
        if (report is not { PendingAccounts: 0, Lookups: 0, OrphanAccounts: 0, StagedItems: 0, OldVersions: 0 })
            Swept(logger, report.PendingAccounts, report.Lookups, report.OrphanAccounts, report.StagedItems,
                report.OldVersions);
    }

    [LoggerMessage(10, LogLevel.Information,
        "Swept {Pending} unfinished accounts, {Lookups} lookups, {Orphans} orphaned accounts, {Staged} staged items, "
        + "{Versions} old versions", EventName = "Swept")]
    private static partial void Swept(ILogger logger, int pending, int lookups, int orphans, int staged, int versions);

    [LoggerMessage(11, LogLevel.Error,
        "The sweep stopped: it would remove the data of too many accounts at once. Was the key store lost or "
        + "exchanged? Run check", EventName = "SweepStopped")]
    private static partial void Stopped(ILogger logger);

    [LoggerMessage(14, LogLevel.Error,
        "{Left} accounts that nobody uses are due to be erased at once, and none is: more than 0.1 % of all, and more "
        + "than 10. Was the setting meant so? Then confirm it with check --inactive-anyway",
        EventName = "InactiveStopped")]
    private static partial void InactiveStopped(ILogger logger, int left);

    [LoggerMessage(15, LogLevel.Information,
        "Warned of {Warned} accounts that nobody uses, and erased {Erased}", EventName = "Inactive")]
    private static partial void Inactive(ILogger logger, int warned, int erased);

    [LoggerMessage(12, LogLevel.Error, "The sweep failed; the next one tries again", EventName = "SweepFailed")]
    private static partial void Failed(ILogger logger, Exception failure);
}
