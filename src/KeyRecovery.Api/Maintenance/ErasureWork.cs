using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Service;
using KeyRecovery.Service.Maintenance;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// Takes erasures on in the background: when one is filed, and every minute for holds that are due and for receipts
/// that wait for a KEK. What is refused or not proved stays pending, and is told as an alarm.
/// </summary>
internal sealed partial class ErasureWork(
    KeyRecoveryService service, ServerStores stores, ILeases leases, ServerMetrics metrics, TimeProvider time,
    ILogger<ErasureWork> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SoonAgain = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a server has run before it destroys an escrow: a clock that was wrong at the start is set right by
    /// then, and seen to be.
    /// </summary>
    public static readonly TimeSpan Settled = TimeSpan.FromHours(1);

    private readonly long _start = time.GetTimestamp();

    private readonly SemaphoreSlim _wake = new(0, 1);
    private bool _hasToldOfClock;

    /// <summary>Says that there is something to do.</summary>
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

    /// <summary>
    /// What is due before anybody is served: what an older key store has brought back goes, and what a crash cut short
    /// goes on.
    /// </summary>
    public async Task BeginAsync(CancellationToken ct)
    {
        // Not caught: a server that cannot tell who was erased serves nobody.
        if (await service.Erasures.ReplayAsync(ct) is > 0 and var back) Replayed(logger, back);
        await RunAsync(ct);
    }

    /// <summary>One pass. A failure is an alarm, and the next pass tries again.</summary>
    /// <returns>Whether something is left that another pass may do.</returns>
    public async Task<bool> RunAsync(CancellationToken ct)
    {
        TellOfClock();
        try
        {
            await DestroyEscrowsAsync(ct);
            // First: an erasure that waited for a hold goes on in the same pass.
            var awaitsLog = await service.Restraints.ResumeAsync(ct);
            var report = await service.Erasures.ResumeAsync(ct);
            if (report.AwaitKek > 0) service.RotationRequests.Request();
            if (report.Erased + report.Final > 0) Done(logger, report.Erased, report.Final);
            if (report.Pending == 0) return awaitsLog || report.AwaitLog + report.Erased > 0;
            metrics.ErasurePending();
            Pending(logger, report.Pending, report.Problem ?? "unproved");
            return awaitsLog || report.Pending > report.AwaitClock || report.AwaitLog > 0;
        }
#pragma warning disable CA1031 // One damaged row must not end all erasures, nor the server.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            metrics.ErasurePending();
            Failed(logger, failure);
            return true;
        }
    }

    // Also where nothing waits for it: ages end late by it. Once, until it is right again.
    private void TellOfClock()
    {
        var problem = service.Clock.Problem;
        if (problem is not null && !_hasToldOfClock) ClockMoved(logger, problem);
        _hasToldOfClock = problem is not null;
    }

    // What cannot be undone is done by no clock that may be wrong.
    private async Task DestroyEscrowsAsync(CancellationToken ct)
    {
        if (service.Erasures.ClockProblem is not null || time.GetElapsedTime(_start) < Settled) return;
        if (await stores.Sets.DestroyExpiredAsync(ct) is > 0 and var kept) EscrowsKept(logger, kept);
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
            var again = false;
            await leases.TryRunAsync(Duty.Erasure, async ct => again = await RunAsync(ct), stoppingToken);
            if (again) await Task.Delay(SoonAgain, time, stoppingToken);
            else await _wake.WaitAsync(Pause, stoppingToken);
        }
    }

    [LoggerMessage(
        50, LogLevel.Information, "Erased {Erased} accounts; {Final} receipts reached level 2", EventName = "Erased")]
    private static partial void Done(ILogger logger, int erased, int final);

    [LoggerMessage(
        51, LogLevel.Error, "{Count} erasures are pending, without a receipt: {Problem}", EventName = "ErasurePending")]
    private static partial void Pending(ILogger logger, int count, string problem);

    [LoggerMessage(52, LogLevel.Error, "An erasure could not go on and stays pending; it is tried again",
        EventName = "ErasureFailed")]
    private static partial void Failed(ILogger logger, Exception failure);

    [LoggerMessage(53, LogLevel.Error,
        "{Accounts} erased accounts had come back with an older key store and are erased again. Guess counters came "
        + "back as well: was it put back by hand?",
        EventName = "ErasedAgain")]
    private static partial void Replayed(ILogger logger, int accounts);

    [LoggerMessage(55, LogLevel.Warning, "{Problem}", EventName = "ClockMoved")]
    private static partial void ClockMoved(ILogger logger, string problem);

    [LoggerMessage(54, LogLevel.Error,
        "The escrows of {Sets} backup sets have expired and cannot be destroyed: no receipt of level 2 is given for "
        + "what they hold",
        EventName = "EscrowsKept")]
    private static partial void EscrowsKept(ILogger logger, int sets);
}
