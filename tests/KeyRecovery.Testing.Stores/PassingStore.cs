using KeyRecovery.Service.Stores;

namespace KeyRecovery.Testing.Stores;

/// <summary>Passes everything on to a real store, for tests that put something in between.</summary>
/// <param name="store">The real one.</param>
public abstract class PassingStore(IRowStore store) : IRowStore
{
    /// <inheritdoc/>
    public virtual ValueTask<Row?> ReadAsync(RowKey key, CancellationToken ct) => store.ReadAsync(key, ct);

    /// <inheritdoc/>
    public virtual ValueTask<Row?> HeadAsync(RowKey key, CancellationToken ct) => store.HeadAsync(key, ct);

    /// <inheritdoc/>
    public virtual ValueTask<WriteResult> WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct) =>
        store.WriteAsync(writes, ct);

    /// <summary>In some order, so that nobody relies on one.</summary>
    public virtual ValueTask<WriteResult> WriteAnyOrderAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct) =>
        WriteAsync([.. writes.Reverse()], ct);

    /// <inheritdoc/>
    public virtual IAsyncEnumerable<Row> ScanAsync(Table table, CancellationToken ct) => store.ScanAsync(table, ct);

    /// <inheritdoc/>
    public virtual IAsyncEnumerable<Row> ScanOwnerAsync(
        Table table, ReadOnlyMemory<byte> owner, CancellationToken ct) =>
        store.ScanOwnerAsync(table, owner, ct);

    /// <inheritdoc/>
    public virtual IAsyncEnumerable<Row> ListOwnerAsync(
        Table table, ReadOnlyMemory<byte> owner, CancellationToken ct) =>
        store.ListOwnerAsync(table, owner, ct);

    /// <inheritdoc/>
    public virtual ValueTask<RowPage?> PageAsync(
        Table table, ReadOnlyMemory<byte> owner, ReadOnlyMemory<byte> at, int limit, CancellationToken ct) =>
        store.PageAsync(table, owner, at, limit, ct);
}
