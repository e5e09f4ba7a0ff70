using KeyRecovery.Service;
using KeyRecovery.Service.Maintenance;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// Removes what the apps' feeds have had for longer than 30 days, in the background; whoever reads has looked at the
/// time by itself.
/// </summary>
internal sealed partial class FeedTrim(
    KeyRecoveryService service, ILeases leases, TimeProvider time, ILogger<FeedTrim> logger)
    : DutyService(Duty.Feed, TimeSpan.FromHours(1), leases, time)
{
    protected override Task RunAsync(CancellationToken ct) => service.TrimFeedsAsync(ct);

    protected override void Failed(Exception failure) => Failed(logger, failure);

    [LoggerMessage(
        72, LogLevel.Error, "Old events of the feeds could not be removed; the next time tries again",
        EventName = "FeedTrimFailed")]
    private static partial void Failed(ILogger logger, Exception failure);
}
