using KeyRecovery.Service;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Maintenance;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// Tells the apps of wrong guesses: what this process has counted each few seconds, and each day what another one did
/// not come to tell before it died; that also behind each start.
/// </summary>
internal sealed partial class GuessWork(
    KeyRecoveryService service, ILeases leases, TimeProvider time, ILogger<GuessWork> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // What was counted before the start is old enough by then.
    private static readonly TimeSpan First = TimeSpan.FromSeconds(GuessTeller.LeftSeconds + 60);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (since, wait) = (time.GetTimestamp(), First);
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await RunAsync(service.Guesses.TellAsync, stoppingToken);
            if (time.GetElapsedTime(since) < wait) continue;
            (since, wait) = (time.GetTimestamp(), Day);
            await leases.TryRunAsync(Duty.Guesses, ct => RunAsync(service.Guesses.CatchUpAsync, ct), stoppingToken);
        }
    }

    private async Task RunAsync(Func<CancellationToken, Task> pass, CancellationToken ct)
    {
        try
        {
            await pass(ct);
        }
#pragma warning disable CA1031 // The next one tries again, and the server lives on.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Failed(logger, failure);
        }
    }

    [LoggerMessage(
        76, LogLevel.Warning, "Apps could not be told of wrong guesses; the next pass tries again",
        EventName = "GuessesNotTold")]
    private static partial void Failed(ILogger logger, Exception failure);
}
