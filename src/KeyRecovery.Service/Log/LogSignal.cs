namespace KeyRecovery.Service.Log;

/// <summary>Says that something waits for the sequencer; of many calls only the last counts.</summary>
public sealed class LogSignal : IDisposable
{
    private readonly SemaphoreSlim _waiting = new(0, 1);

    /// <summary>Says so. Never waits.</summary>
    public void Wake()
    {
        if (_waiting.CurrentCount > 0) return;
        try
        {
            _waiting.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // Said already; or the server ends, and its next start looks: what was committed stands.
        }
    }

    /// <summary>Waits until something is said, or the time is over.</summary>
    public Task<bool> WaitAsync(TimeSpan timeout, CancellationToken ct) => _waiting.WaitAsync(timeout, ct);

    /// <inheritdoc/>
    public void Dispose() => _waiting.Dispose();
}
