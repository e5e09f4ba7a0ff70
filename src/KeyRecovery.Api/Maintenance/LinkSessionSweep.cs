using KeyRecovery.Service;
using KeyRecovery.Service.Linking;
using KeyRecovery.Service.Maintenance;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// Takes link sessions that are over out of the store in the background, where several instances share them: what
/// reads them has looked at their time by itself.
/// </summary>
internal sealed partial class LinkSessionSweep(
    KeyRecoveryService service, ILeases leases, TimeProvider time, ILogger<LinkSessionSweep> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (service.Links is not StoreLinkRelay relay) return;
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await leases.TryRunAsync(Duty.Links, ct => SweepAsync(relay, ct), stoppingToken);
    }

    private async Task SweepAsync(StoreLinkRelay relay, CancellationToken ct)
    {
        try
        {
            await relay.SweepAsync(ct);
        }
#pragma warning disable CA1031 // The next one tries again, and the server lives on.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Failed(logger, failure);
        }
    }

    [LoggerMessage(
        13, LogLevel.Error, "The sweep of link sessions failed; the next one tries again",
        EventName = "LinkSweepFailed")]
    private static partial void Failed(ILogger logger, Exception failure);
}
