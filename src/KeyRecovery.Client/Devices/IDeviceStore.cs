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
