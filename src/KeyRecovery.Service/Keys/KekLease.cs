namespace KeyRecovery.Service.Keys;

/// <summary>The right to wrap under a KEK until the end of one write. A rotation waits for it.</summary>
public sealed class KekLease : IDisposable
{
    private Action? _release;

    /// <summary>Makes a lease; the ring does.</summary>
    /// <param name="kek">What is lent.</param>
    /// <param name="release">Called once, at the end.</param>
    public KekLease(Kek kek, Action release) => (Kek, _release) = (kek, release);

    /// <summary>The KEK, which is not destroyed while the lease lasts.</summary>
    public Kek Kek { get; }

    /// <summary>Ends the lease.</summary>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
