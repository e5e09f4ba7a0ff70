namespace KeyRecovery.Service.Stores;

/// <summary>
/// Rows of bytes: read one with its token, write if unchanged. This is all that a document database can keep, and
/// nobody relies on more (docs/storage.md §1). Values are opaque here; what must not be read is sealed before it comes.
/// Safe for concurrent use.
/// </summary>
public interface IRowStore
{
    /// <summary>Reads one row.</summary>
    /// <returns>The row, or null if there is none.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    ValueTask<Row?> ReadAsync(RowKey key, CancellationToken ct);

    /// <summary>
    /// As <see cref="ReadAsync"/>, with an empty value: for whoever only wants to delete a row that may be large.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    ValueTask<Row?> HeadAsync(RowKey key, CancellationToken ct);

    /// <summary>
    /// Does <paramref name="writes"/> one after the other, and stops at the first that it cannot do. Others may see the
    /// rows between two steps, and a crash may come there. The values must not change until the result is there.
    /// </summary>
    /// <exception cref="OperationCanceledException">
    /// <paramref name="ct"/> was cancelled before the write began; nothing was written. A write that has begun is
    /// finished, and its result given.
    /// </exception>
    ValueTask<WriteResult> WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct);

    /// <summary>
    /// As <see cref="WriteAsync"/>, of steps that nothing can refuse (<see cref="RowWrite.Ensure"/>, <see
    /// cref="RowWrite.Remove"/>) and of which none has to come before another, each of a row of its own. A store across
    /// a network does many at once. Where it could not do all, any of them may be done.
    /// </summary>
    ValueTask<WriteResult> WriteAnyOrderAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct);

    /// <summary>
    /// All rows of a table, in no order, for background work and never on a request's path. Rows written meanwhile may
    /// or may not be seen; a row that is there from before the scan until after it is seen.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    IAsyncEnumerable<Row> ScanAsync(Table table, CancellationToken ct);

    /// <summary>
    /// As <see cref="ScanAsync"/>, of the rows of one owner: those whose ids begin with its 16 bytes.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    IAsyncEnumerable<Row> ScanOwnerAsync(Table table, ReadOnlyMemory<byte> owner, CancellationToken ct);

    /// <summary>As <see cref="ScanOwnerAsync"/>, with empty values: which rows there are, which costs little where they
    /// are large. An empty owner stands for all.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    IAsyncEnumerable<Row> ListOwnerAsync(Table table, ReadOnlyMemory<byte> owner, CancellationToken ct);

    /// <summary>
    /// A page of the rows of one owner, for a list that people turn over: what it costs depends on the page alone. A
    /// row that is there from before the first page until after the last stands on one of them, also where it is
    /// written again meanwhile; one that comes or goes, on one or on none.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="owner">The 16 bytes that the ids begin with.</param>
    /// <param name="at">Where the page before ended, as this store has told it; empty for the first page.</param>
    /// <param name="limit">The most rows, from 1. Fewer, or none, say nothing: <see cref="RowPage.Next"/> does.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Null where <paramref name="at"/> is no place of this store.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    ValueTask<RowPage?> PageAsync(
        Table table, ReadOnlyMemory<byte> owner, ReadOnlyMemory<byte> at, int limit, CancellationToken ct);
}
