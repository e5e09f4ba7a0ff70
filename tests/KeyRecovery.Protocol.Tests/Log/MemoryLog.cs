using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Protocol.Tests.Log;

/// <summary>A log's files in memory, for whoever reads and whoever damages them.</summary>
internal sealed class MemoryLog(Dictionary<string, byte[]> files) : ILogSource
{
    private int _asked;

    public Dictionary<string, byte[]> Files => files;

    /// <summary>Before an answer: null for none.</summary>
    public Func<string, Task>? Before { get; init; }

    /// <summary>The most that were asked for at once.</summary>
    public int Most { get; private set; }

    public async ValueTask<byte[]?> GetAsync(string name, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        lock (files) Most = Math.Max(Most, ++_asked);
        if (Before is not null) await Before(name);
        lock (files) _asked--;
        return files.GetValueOrDefault(name);
    }
}
