namespace KeyRecovery.Service.Stores;

/// <summary>
/// The data store and the key store of one server, open, and held exclusively while this object lives unless the home
/// <see cref="IStoreHome.IsShared"/>. Disposal writes what waits and lets go. <see cref="IStoreHome"/> opens it.
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

    /// <summary>
    /// Completes, with the reason in words for an operator, when this process must not have the stores open any more: a
    /// step of the schema that it does not know, a restore. From then on nothing is read and nothing written. Stores
    /// that are held exclusively stay as they were opened: it never completes.
    /// </summary>
    Task<string> Closed { get; }

    /// <summary>How far the steps of a store's schema have come, as this process has seen it last.</summary>
    StoreSchema SchemaOf(StoreKind kind);

    /// <summary>
    /// Has both stores look whether what they keep is whole: files as long as reading them takes, accounts of a
    /// platform whether they are still as this program needs them.
    /// </summary>
    /// <exception cref="StoreUnavailableException">A store cannot be read.</exception>
    Task<IntegrityReport> CheckAsync();
}
