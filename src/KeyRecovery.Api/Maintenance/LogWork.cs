using KeyRecovery.Api.Telemetry;
using KeyRecovery.Service;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Maintenance;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// Appends committed changes to the log in the background, as they come. Commits never wait for it: where it cannot go
/// on, what waits is kept, and an alarm tells.
/// </summary>
internal sealed partial class LogWork(
    KeyRecoveryService service, ILeases leases, CosignWork cosigning, ServerMetrics metrics, TimeProvider time,
    ILogger<LogWork> logger)
    : BackgroundService
{
    /// <summary>How old the oldest waiting change may be before an alarm tells.</summary>
    public static readonly TimeSpan Late = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SoonAgain = TimeSpan.FromSeconds(1);

    // What comes meanwhile is appended together: a batch costs as much as a handful of commits (docs/performance.md).
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(250);

    private readonly Sequencer _log = service.Log!;

    /// <summary>
    /// What comes before anybody is served; not caught: a server whose log does not come out signs none.
    /// </summary>
    /// <exception cref="LogMismatchException">Head, tiles and checkpoint are not of one log.</exception>
    public Task BeginAsync(CancellationToken ct) => _log.OpenAsync(ct);

    /// <summary>One pass. A failure is an alarm, and the next pass tries again.</summary>
    /// <returns>Whether something is left that another pass may do.</returns>
    public async Task<bool> RunAsync(CancellationToken ct)
    {
        try
        {
            var report = await _log.PassAsync(ct);
            if (report.Appended > 0) cosigning.Wake();
            var age = report.Oldest is { } oldest ? (long)service.Clock.Now.Wall - (long)oldest : 0;
            if (report.Appended == 0 && age > Late.TotalSeconds) Waiting(logger, age);
            return report.Undecided > 0;
        }
        catch (LogContradictedException contradicted)
        {
            metrics.LogFailed();
            Contradicted(logger, contradicted.Message);
            return false;
        }
#pragma warning disable CA1031 // One damaged row must not end the log, nor the server.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            metrics.LogFailed();
            Failed(logger, failure);
            return true;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var again = false;
            await leases.TryRunAsync(Duty.Log, async ct => again = await RunAsync(ct), stoppingToken);
            await service.LogSignal.WaitAsync(again ? SoonAgain : Pause, stoppingToken);
            await Task.Delay(Gathering, time, stoppingToken);
        }
    }

    [LoggerMessage(60, LogLevel.Error, "A change waits for the log since {Seconds} seconds", EventName = "LogLate")]
    private static partial void Waiting(ILogger logger, long seconds);

    [LoggerMessage(61, LogLevel.Error, "The log could not go on; what waits for it is kept", EventName = "LogFailed")]
    private static partial void Failed(ILogger logger, Exception failure);

    [LoggerMessage(62, LogLevel.Error, "The log signs nothing: {Why}", EventName = "LogContradicted")]
    private static partial void Contradicted(ILogger logger, string why);
}
