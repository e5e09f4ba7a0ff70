namespace KeyRecovery.Service.Rotation;

/// <summary>Requests for a rotation, of which only the last counts, and the one who waits for them.</summary>
public sealed class RotationRequests : IRotationRequests, IDisposable
{
    private readonly SemaphoreSlim _asked = new(0);
    private readonly Lock _lock = new();

    /// <inheritdoc/>
    public void Request()
    {
        lock (_lock)
        {
            if (_asked.CurrentCount == 0) _asked.Release();
        }
    }

    /// <summary>Waits for a request, and takes it; false when <paramref name="timeout"/> was over first.</summary>
    public Task<bool> WaitAsync(TimeSpan timeout, CancellationToken ct) => _asked.WaitAsync(timeout, ct);

    /// <inheritdoc/>
    public void Dispose() => _asked.Dispose();
}
