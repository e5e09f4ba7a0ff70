namespace KeyRecovery.Service.Stores;

/// <summary>
/// Stores that are accounts of a platform, which brings back the data; the keys come back of our own backup sets, into
/// a key store that is empty. While a restore is marked nobody else opens the stores, and whoever has them open lets
/// them go.
/// </summary>
public interface IStoreAccounts : IStoreHome
{
    /// <summary>The id of the pair that a store belongs to; null where it is empty, or not there.</summary>
    /// <exception cref="StoreOpenException">It is no such store.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be read.</exception>
    Task<ReadOnlyMemory<byte>?> PairIdOfAsync(StoreKind kind);

    /// <summary>The mark of the restore that is under way; null where none is.</summary>
    /// <exception cref="StoreOpenException">The key store is none.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be read.</exception>
    Task<string?> RestoreAsync();

    /// <summary>
    /// Puts a mark into the key store, in the place of another; makes a key store where there is none.
    /// </summary>
    /// <param name="pairId">16 bytes that the data store carries as well.</param>
    /// <param name="was">The mark that is there; null for none.</param>
    /// <param name="now">The new one, any text without control characters; null takes it away.</param>
    /// <exception cref="StoreOpenException">Another mark is there, or another pair.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be read or written.</exception>
    Task MarkRestoreAsync(ReadOnlyMemory<byte> pairId, string? was, string? now);

    /// <summary>
    /// Writes rows that a backup carried, under a mark: versions and hours as they were, and each where there is none
    /// yet. So what is done once more changes nothing, whatever has become of the row since.
    /// </summary>
    /// <returns>How many rows there were.</returns>
    /// <exception cref="StoreOpenException">No restore is marked.</exception>
    /// <exception cref="StoreUnavailableException">One cannot be written.</exception>
    Task<int> FillKeysAsync(IAsyncEnumerable<Row> rows, CancellationToken ct);
}
