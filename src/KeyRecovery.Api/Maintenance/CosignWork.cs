using KeyRecovery.Api.Telemetry;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Maintenance;

namespace KeyRecovery.Api.Maintenance;

/// <summary>
/// Asks the witnesses for each new checkpoint in the background. Neither commits nor the log wait for it; an alarm
/// tells when what is published falls behind.
/// </summary>
internal sealed partial class CosignWork(
    KeyRecoveryService service, ILeases leases, ServerMetrics metrics, TimeProvider time, ILogger<CosignWork> logger)
    : BackgroundService
{
    /// <summary>How long what is published may be behind before an alarm tells.</summary>
    public static readonly TimeSpan Late = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly Sequencer _log = service.Log!;
    private readonly LogSignal _signal = new();
    private readonly Dictionary<NoteKey, string?> _told = [];
    private readonly Dictionary<NoteKey, long> _slowSince = [];
    private long? _behindSince;
    private long _alarmed;

    /// <summary>Says that there is a new checkpoint.</summary>
    public void Wake() => _signal.Wake();

    /// <summary>One round. A failure is an alarm, and the next round tries again.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            if (await _log.CosignAsync(ct) is { } report) Tell(report);
        }
#pragma warning disable CA1031 // A damaged file must not end the server.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            metrics.CosigningFailed();
            Failed(logger, failure);
        }
    }

    public override void Dispose()
    {
        _signal.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await leases.TryRunAsync(Duty.Cosigning, RunAsync, stoppingToken);
            await _signal.WaitAsync(Pause, stoppingToken);
        }
    }

    private void Tell(CosigningReport report)
    {
        foreach (var standing in report.Witnesses)
        {
            var (witness, trouble, contradicts) = standing;
            if (IsSlowForNow(standing)) continue;
            if (_told.TryGetValue(witness, out var before) && before == trouble) continue;
            _told[witness] = trouble;
            if (contradicts) Contradicts(logger, witness.Name, trouble!);
            else if (trouble is not null) Missing(logger, witness.Name, trouble);
            else Again(logger, witness.Name, report.Size);
        }

        var behind = report.Size - Math.Min(report.Published, report.Size);
        metrics.LogBehind((long)behind);
        var now = time.GetTimestamp();
        _behindSince = behind == 0 ? null : _behindSince ?? now;
        if (_behindSince is not { } since || time.GetElapsedTime(since) < Late) return;
        // Once a minute is enough to be heard.
        if (_alarmed > 0 && time.GetElapsedTime(_alarmed) < Late) return;
        _alarmed = now;
        Behind(logger, report.Published, report.Size, (long)time.GetElapsedTime(since).TotalSeconds);
    }

    // One that comes a moment after the others is not worth a line with each checkpoint; one that never does is.
    private bool IsSlowForNow(WitnessStanding standing)
    {
        if (!standing.IsSlow)
        {
            _slowSince.Remove(standing.Witness);
            return false;
        }

        if (_slowSince.TryGetValue(standing.Witness, out var since)) return time.GetElapsedTime(since) < Late;
        _slowSince[standing.Witness] = time.GetTimestamp();
        return true;
    }

    [LoggerMessage(63, LogLevel.Error, "Asking the witnesses could not go on", EventName = "CosigningFailed")]
    private static partial void Failed(ILogger logger, Exception failure);

    [LoggerMessage(64, LogLevel.Error,
        "The log is published up to {Published} and has {Size}, since {Seconds} seconds: the quorum of its policy is "
        + "not reached", EventName = "LogUncosigned")]
    private static partial void Behind(ILogger logger, ulong published, ulong size, long seconds);

    [LoggerMessage(65, LogLevel.Error, "The witness {Witness} contradicts the log: {What}",
        EventName = "WitnessContradicts")]
    private static partial void Contradicts(ILogger logger, string witness, string what);

    [LoggerMessage(66, LogLevel.Warning, "The witness {Witness} does not cosign: {What}", EventName = "WitnessMissing")]
    private static partial void Missing(ILogger logger, string witness, string what);

    [LoggerMessage(67, LogLevel.Information, "The witness {Witness} cosigns, up to size {Size}",
        EventName = "WitnessCosigns")]
    private static partial void Again(ILogger logger, string witness, ulong size);
}
