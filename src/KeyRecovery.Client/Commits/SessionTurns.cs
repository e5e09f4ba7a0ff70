namespace KeyRecovery.Client.Commits;

/// <summary>Whose turn it is: one change of an account at a time in this process.</summary>
internal sealed class SessionTurns : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Waits for a turn and works.</summary>
    /// <param name="work">What is done alone.</param>
    /// <param name="ct">Ends the waiting; what it does to the work is the work's.</param>
    public async Task<T> TakeAsync<T>(Func<Task<T>> work, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            return await work();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();
}
