using KeyRecovery.Service;
using KeyRecovery.Service.Maintenance;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// Removes what the apps' feeds have had for longer than 30 days, in the background; whoever reads has looked at the
/// time by itself.
/// </summary>
internal sealed partial class FeedTrim(
    KeyRecoveryService service, ILeases leases, TimeProvider time, ILogger<FeedTrim> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await leases.TryRunAsync(Duty.Feed, TrimAsync, stoppingToken);
    }

    private async Task TrimAsync(CancellationToken ct)
    {
        try
        {
            await service.TrimFeedsAsync(ct);
        }
#pragma warning disable CA1031 // The next one tries again, and the server lives on.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Failed(logger, failure);
        }
    }

    [LoggerMessage(
        72, LogLevel.Error, "Old events of the feeds could not be removed; the next time tries again",
        EventName = "FeedTrimFailed")]
    private static partial void Failed(ILogger logger, Exception failure);
}
