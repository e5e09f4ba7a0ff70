namespace KeyRecovery.Service.Stores;

/// <summary>
/// The store of sealed data: what a backup copies. Never the same file, directory or account as the key store.
/// </summary>
public interface IDataStore : IRowStore
{
    /// <summary>
    /// Whether it has journals of its own. What a platform keeps beside the rows cannot be proved to be empty, and no
    /// receipt says that it is.
    /// </summary>
    bool HasJournals { get; }

    /// <summary>
    /// Empties the journals, so that what was deleted before this call is in no file of the store any more. Never on a
    /// request's path: it waits a moment for readers. Where there are none, it is true at once.
    /// </summary>
    /// <returns>True when it is proved; false while somebody still reads an older state. To be asked again
    /// then.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot do it.</exception>
    ValueTask<bool> ForgetAsync(CancellationToken ct);
}
