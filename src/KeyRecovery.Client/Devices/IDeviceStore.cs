namespace KeyRecovery;

/// <summary>
/// Keeps a device's state between runs, sealed and authenticated: what it reads back is believed. An app on a phone
/// puts it where the platform keeps secrets; see <see cref="FileDeviceStore"/> for one on files.
/// </summary>
public interface IDeviceStore
{
    /// <summary>Reads the state, or null where there is none.</summary>
    /// <exception cref="DeviceStoreException">It is there and does not open.</exception>
    ValueTask<DeviceState?> LoadAsync(CancellationToken ct);

    /// <summary>Writes the state, whole or not at all, durable when it returns.</summary>
    ValueTask SaveAsync(DeviceState state, CancellationToken ct);

    /// <summary>
    /// Reads the state, changes it and writes it, durable when it returns, with nobody between: what another process of
    /// this device has written meanwhile stays. By default the three are done one after the other, which is enough
    /// where one process alone uses the store.
    /// </summary>
    /// <param name="change">
    /// Gives the new state for the one that is there, or for null where there is none; what it throws comes through,
    /// and nothing is written. Runs once, and asks nobody.
    /// </param>
    /// <param name="ct">Cancels before anything is changed.</param>
    /// <returns>What was written, to be disposed of.</returns>
    /// <exception cref="DeviceStoreException">The state is there and does not open.</exception>
    async ValueTask<DeviceState> ChangeAsync(Func<DeviceState?, DeviceState> change, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(change);
        using var stored = await LoadAsync(ct);
        var next = change(stored);
        try
        {
            await SaveAsync(next, ct);
            return next;
        }
        catch
        {
            next.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Writes the state where nothing is new but a commit that was noted, durable when it returns: done before each
    /// commit is sent. By default all of it is saved; a store that can append writes less.
    /// </summary>
    ValueTask NoteAsync(DeviceState state, CancellationToken ct) => SaveAsync(state, ct);

    /// <summary>
    /// Keeps others from making this device part of an account until it is disposed of: what one of them has begun, no
    /// other takes for its own, or deletes. By default nobody is kept out, as where one process alone uses the store.
    /// </summary>
    /// <returns>What to dispose of, or null.</returns>
    /// <exception cref="DeviceStoreException">Another is at it, and does not come to an end.</exception>
    ValueTask<IAsyncDisposable?> HoldAsync(CancellationToken ct) => new((IAsyncDisposable?)null);

    /// <summary>Forgets the state. Done where there is none.</summary>
    ValueTask DeleteAsync(CancellationToken ct);
}
