namespace KeyRecovery.Service.Stores;

/// <summary>
/// Versioned rows of bytes: read one with its version, write if unchanged. Values are opaque here; what must not be
/// read is sealed before it comes. Safe for concurrent use.
/// </summary>
public interface IRowStore
{
    /// <summary>Reads one row.</summary>
    /// <returns>The row, or null if there is none.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    ValueTask<Row?> ReadAsync(RowKey key, CancellationToken ct);

    /// <summary>
    /// Does <paramref name="writes"/> in the order given; on SQLite all or nothing. What is
    /// <see cref="WriteResult.Written"/> is durable. The values must not change until the result is there.
    /// </summary>
    /// <exception cref="OperationCanceledException">
    /// <paramref name="ct"/> was cancelled before the write began; nothing was written. A write that has begun is
    /// finished, and its result given.
    /// </exception>
    ValueTask<WriteResult> WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct);

    /// <summary>
    /// Rows of a table, ascending by id, for background work and never on a request's path. Pages are read one by
    /// one and no transaction outlives a page, so rows written meanwhile may or may not be seen.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="afterId">Only ids greater than this one; empty for all.</param>
    /// <param name="ct">Ends the scan.</param>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    IAsyncEnumerable<Row> ScanAsync(Table table, ReadOnlyMemory<byte> afterId, CancellationToken ct);

    /// <summary>
    /// Rows whose id begins with <paramref name="idPrefix"/>, ascending by id: one range query a page of at most 256
    /// rows or about 1 MiB. Fit for a request that reads one account's rows.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    IAsyncEnumerable<Row> ScanPrefixAsync(Table table, ReadOnlyMemory<byte> idPrefix, CancellationToken ct);
}
