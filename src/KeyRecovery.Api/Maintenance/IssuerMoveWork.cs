using KeyRecovery.Service;
using KeyRecovery.Service.Maintenance;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// Moves the accounts of issuers that have a new name: at the start, when the settings were read anew, and every hour
/// for what an instance that knew the old name alone has made. Where no issuer has, it does nothing.
/// </summary>
internal sealed partial class IssuerMoveWork(
    KeyRecoveryService service, ILeases leases, TimeProvider time, ILogger<IssuerMoveWork> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);
    private static readonly TimeSpan SoonAgain = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _wake = new(0, 1);

    /// <summary>Says that the settings have changed.</summary>
    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Told already.
        }
    }

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var isWhole = true;
            if (service.IssuerMoves.IsWanted)
            {
                isWhole = false;
                await leases.TryRunAsync(Duty.Move, async ct => isWhole = await RunAsync(ct), stoppingToken);
            }

            // The clock is the server's own here: a pass too many or too few harms nobody.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            var wait = Task.Delay(isWhole ? Pause : SoonAgain, time, limit.Token);
            await Task.WhenAny(wait, _wake.WaitAsync(limit.Token));
            await limit.CancelAsync();
            stoppingToken.ThrowIfCancellationRequested();
        }
    }

    private async Task<bool> RunAsync(CancellationToken ct)
    {
        try
        {
            var report = await service.IssuerMoves.RunAsync(dryRun: false, ct);
            if (report.Moved + report.Taken + report.Failed + report.Damaged > 0)
                Moved(logger, report.Moved, report.There, report.Taken, report.Failed, report.Damaged);
            // What fails for good waits for the next hour, as what is left does.
            return report.Failed == 0 || report.Moved == 0;
        }
#pragma warning disable CA1031 // One damaged row must not end the server; the next pass goes on.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Failed(logger, failure);
            return false;
        }
    }

    [LoggerMessage(80, LogLevel.Information,
        "Accounts of issuers with a new name: {Moved} moved, {There} there before, {Taken} whose user has another "
        + "account, {Failed} not now, {Damaged} damaged", EventName = "IssuerMoved")]
    private static partial void Moved(ILogger logger, int moved, int there, int taken, int failed, int damaged);

    [LoggerMessage(81, LogLevel.Warning, "Accounts of an issuer with a new name could not be moved; it is tried again",
        EventName = "IssuerMoveFailed")]
    private static partial void Failed(ILogger logger, Exception failure);
}
