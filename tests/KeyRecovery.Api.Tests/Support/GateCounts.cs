using System.Diagnostics.Metrics;
using KeyRecovery.Service;
using KeyRecovery.Service.Telemetry;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>
/// What the gate did, by its own instruments. They count for the whole process, so tests that read them run while no
/// others do: <see cref="Alone"/>.
/// </summary>
internal sealed class GateCounts : IDisposable
{
    public const string Alone = "alone";

    private readonly MeterListener _listener = new();
    private long _reads;
    private long _openings;
    private long _verifications;

    private GateCounts()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == ServiceMeter.Name) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Count(instrument.Name, value));
        _listener.Start();
    }

    public static GateCounts Start() => new();

    public long Verifications => Interlocked.Read(ref _verifications);

    /// <summary>Reads, openings and verifications.</summary>
    public (long Reads, long Openings, long Verifications) All =>
        (Interlocked.Read(ref _reads), Interlocked.Read(ref _openings), Verifications);

    public void Reset()
    {
        Interlocked.Exchange(ref _reads, 0);
        Interlocked.Exchange(ref _openings, 0);
        Interlocked.Exchange(ref _verifications, 0);
    }

    public void Dispose() => _listener.Dispose();

    private void Count(string instrument, long value)
    {
        switch (instrument)
        {
            case "keyrecovery.gate.reads":
                Interlocked.Add(ref _reads, value);
                break;
            case "keyrecovery.rows.openings":
                Interlocked.Add(ref _openings, value);
                break;
            case "keyrecovery.gate.verifications":
                Interlocked.Add(ref _verifications, value);
                break;
        }
    }
}
