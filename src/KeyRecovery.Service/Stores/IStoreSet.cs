namespace KeyRecovery.Service.Stores;

/// <summary>
/// The data store and the key store of one server, open and held exclusively while this object lives. Disposal writes
/// what waits and lets go. <see cref="IStoreHome"/> opens it.
/// </summary>
public interface IStoreSet : IAsyncDisposable
{
    /// <summary>The data store.</summary>
    IDataStore Data { get; }

    /// <summary>The key store.</summary>
    IKeyStore Keys { get; }

    /// <summary>
    /// 16 random bytes that both stores carry: they tell whether two stores, or a backup, belong together.
    /// </summary>
    ReadOnlyMemory<byte> PairId { get; }

    /// <summary>About how many bytes the data store has: a copy of it has no more.</summary>
    long DataBytes { get; }

    /// <summary>Has both stores look whether what they keep is whole. Takes as long as reading them.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot be read.</exception>
    Task<IntegrityReport> CheckAsync();

    /// <summary>
    /// Copies the data store as it is at one moment into a new file, beside all that is going on. An erasure waits for
    /// the end of it.
    /// </summary>
    /// <param name="path">The file, made with mode 0600; durable on return.</param>
    /// <param name="ct">Cancels; what is there of the file then is of no use.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be read, or the copy not be written.</exception>
    Task CopyDataAsync(string path, CancellationToken ct);
}
