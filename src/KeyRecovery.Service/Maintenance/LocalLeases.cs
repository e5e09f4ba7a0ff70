namespace KeyRecovery.Service.Maintenance;

/// <summary>The leases of a server that is one process: a lease is lost by nothing but its end.</summary>
public sealed class LocalLeases : ILeases
{
    private readonly Lock _gate = new();
    private readonly HashSet<Duty> _held = [];

    /// <inheritdoc/>
    public async ValueTask<bool> TryRunAsync(Duty duty, Func<CancellationToken, Task> pass, CancellationToken ct)
    {
        lock (_gate)
        {
            if (!_held.Add(duty)) return false;
        }

        try
        {
            await pass(ct).ConfigureAwait(false);
            return true;
        }
        finally
        {
            lock (_gate) _held.Remove(duty);
        }
    }
}
