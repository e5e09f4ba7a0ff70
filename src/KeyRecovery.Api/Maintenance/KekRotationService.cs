using KeyRecovery.Api.Options;
using KeyRecovery.Service;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Maintenance;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// Rotates in the background: at start what a crash cut short, afterwards when an erasure asks, and no more often than
/// the least interval. What does not end is tried again.
/// </summary>
internal sealed partial class KekRotationService(
    KeyRecoveryService service, Rotations rotations, ILeases leases, KeyRecoveryOptions options, TimeProvider time,
    ILogger<KekRotationService> logger)
    : BackgroundService
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private bool _wanted;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            // What another instance does is looked at again like what failed: it may not come to its end.
            var failed = true;
            await leases.TryRunAsync(Duty.Rotation, async ct => failed = !await TryAsync(ct), stoppingToken);
            // Asked in pieces of an hour: a timer knows nothing of a clock that was moved.
            var pause = failed ? TimeSpan.FromSeconds(options.Rotation.RetrySeconds) : _wanted ? UntilDue() : Longest;
            _wanted |= await service.RotationRequests.WaitAsync(pause < Longest ? pause : Longest, stoppingToken);
            if (failed) await Task.Delay(TimeSpan.FromSeconds(1), time, stoppingToken);
        }
    }

    // False where something is left that another try may do.
    private async Task<bool> TryAsync(CancellationToken ct)
    {
        try
        {
            if (rotations.IsRootUnfinished && !(await rotations.RunRootAsync(ct)).IsDone) return false;
            var begin = _wanted && UntilDue() == TimeSpan.Zero;
            if (!begin && !rotations.IsUnfinished) return true;

            var before = service.Ring.Current.Id;
            var report = await rotations.RunAsync(begin, null, ct);
            if (service.Ring.Current.Id != before) _wanted = false;
            return report.IsDone;
        }
#pragma warning disable CA1031 // Whatever it is, the rotation is tried again, and the server lives on.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Failed(logger, failure);
            return false;
        }
    }

    // From the ring, so that a restart forgets nothing.
    private TimeSpan UntilDue()
    {
        var current = service.Ring.Standings.Single(kek => kek.Id == service.Ring.Current.Id);
        return UntilDue(current.SinceHour, options.Rotation.MinIntervalHours, service.Clock.Now);
    }

    /// <summary>How long a KEK that became current in an hour is kept from now on.</summary>
    internal static TimeSpan UntilDue(long sinceHour, int minIntervalHours, Moment now)
    {
        var left = (sinceHour + minIntervalHours) * 3600 - (long)now.Earliest;
        return TimeSpan.FromSeconds(Math.Max(0, left));
    }

    [LoggerMessage(
        45, LogLevel.Error, "A key rotation failed and stays pending; it is tried again", EventName = "RotationFailed")]
    private static partial void Failed(ILogger logger, Exception failure);
}
