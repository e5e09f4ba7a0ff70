using KeyRecovery.Service.Maintenance;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// A duty that comes round: of several processes one does it at a time. A pass that failed is logged, and the next one
/// tries again.
/// </summary>
internal abstract class DutyService(Duty duty, TimeSpan pause, ILeases leases, TimeProvider time) : BackgroundService
{
    /// <summary>One pass, now. A failure is logged.</summary>
    public async Task TryAsync(CancellationToken ct)
    {
        try
        {
            await RunAsync(ct);
        }
#pragma warning disable CA1031 // One damaged row must not end all passes, nor the server.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Failed(failure);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await leases.TryRunAsync(duty, TryAsync, stoppingToken);
    }

    /// <summary>One pass.</summary>
    protected abstract Task RunAsync(CancellationToken ct);

    /// <summary>Logs why one failed.</summary>
    protected abstract void Failed(Exception failure);
}
