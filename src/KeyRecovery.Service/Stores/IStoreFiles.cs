namespace KeyRecovery.Service.Stores;

/// <summary>
/// Stores that are files of this machine, and all that is done with them while nobody has them open: what a restore
/// does. What a platform keeps is restored otherwise (<see cref="IStoreAccounts"/>).
/// </summary>
public interface IStoreFiles : IStoreHome
{
    /// <summary>Whether there is one.</summary>
    bool Exists(StoreKind kind);

    /// <summary>
    /// The move by which the stores are being left, or were; null where there is none, and where nobody can tell.
    /// </summary>
    MoveMark? MoveOf();

    /// <summary>Holds both stores exclusively, unopened, until it is disposed.</summary>
    /// <exception cref="StoreOpenException">Another process has one.</exception>
    IDisposable Lock();

    /// <summary>The exchange of a store for a restored one.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="tag">Names the restore, so that it finds again what it has begun.</param>
    IStoreExchange Exchange(StoreKind kind, string tag);

    /// <summary>The id of the pair that a store belongs to.</summary>
    /// <exception cref="StoreOpenException">It is missing, no such store, or a newer one.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be read.</exception>
    ReadOnlyMemory<byte> PairIdOf(StoreKind kind, string place);

    /// <summary>
    /// Opens a key store without its data store, for as long as somebody looks into it; the caller holds the lock.
    /// </summary>
    /// <exception cref="StoreOpenException">It is no key store, or a newer one.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be read.</exception>
    Task<T> LookIntoKeysAsync<T>(string place, Func<IKeyStore, Task<T>> look);

    /// <summary>
    /// Writes a key store of rows that a backup carried, durable on return: versions and hours as they were, since
    /// values are sealed with them.
    /// </summary>
    /// <param name="place">Where; what is there is replaced.</param>
    /// <param name="pairId">16 bytes that the data store carries as well.</param>
    /// <param name="rows">Rows of the key store's tables.</param>
    /// <param name="ct">Cancels; what was written is of no use then.</param>
    /// <returns>How many rows.</returns>
    /// <exception cref="StoreUnavailableException">It cannot be written.</exception>
    Task<int> WriteKeysAsync(
        string place, ReadOnlyMemory<byte> pairId, IAsyncEnumerable<Row> rows, CancellationToken ct);
}
