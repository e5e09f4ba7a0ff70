using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>What one host's counters have counted since, and what its log calls an error: an alarm is both.</summary>
internal sealed class Alarms : IDisposable
{
    private readonly TestHost _host;
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _counts = [];

    public Alarms(TestHost host)
    {
        _host = host;
        var meters = host.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var outcome = "";
            foreach (var (key, tag) in tags)
                if (key is "outcome" or "reason") outcome = $" {tag}";
            lock (_counts)
                _counts[instrument.Name + outcome] = _counts.GetValueOrDefault(instrument.Name + outcome) + value;
        });
        _listener.Start();
    }

    /// <summary>How often a counter moved, by its name and, where it has one, its outcome or reason.</summary>
    public long Count(string counter)
    {
        lock (_counts) return _counts.GetValueOrDefault(counter);
    }

    /// <summary>How many lines of level Error have one of these names.</summary>
    public int Errors(params string[] events) => _host.ReadLog().Split('\n').Count(line =>
        line.Contains("\"@l\":\"Error\"", StringComparison.Ordinal)
            && events.Any(e => line.Contains($"\"Name\":\"{e}\"", StringComparison.Ordinal)));

    /// <summary>Waits until an erasure has been told as pending so many times more, in both.</summary>
    public async Task ErasurePendingAsync(int more = 1)
    {
        var (count, errors) = (Count("keyrecovery.erasures_pending"), ErasureErrors);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (Count("keyrecovery.erasures_pending") < count + more || ErasureErrors < errors + more)
            await Task.Delay(50, limit.Token);
    }

    public void Dispose() => _listener.Dispose();

    private int ErasureErrors => Errors("ErasurePending", "ErasureFailed");
}
