namespace KeyRecovery.Service.Stores;

/// <summary>A set for whoever reads alone: its stores do no write.</summary>
/// <param name="set">The set; disposed with this one.</param>
public sealed class ReadOnlySet(IStoreSet set) : IStoreSet
{
    /// <inheritdoc/>
    public IDataStore Data { get; } = new DataStore(set.Data);

    /// <inheritdoc/>
    public IKeyStore Keys { get; } = new KeyStore(set.Keys);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> PairId => set.PairId;

    /// <inheritdoc/>
    public Task<string> Closed => set.Closed;

    /// <inheritdoc/>
    public StoreSchema SchemaOf(StoreKind kind) => set.SchemaOf(kind);

    /// <inheritdoc/>
    public Task<IntegrityReport> CheckAsync() => set.CheckAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => set.DisposeAsync();

    private class Store(IRowStore store) : IRowStore
    {
        public ValueTask<Row?> ReadAsync(RowKey key, CancellationToken ct) => store.ReadAsync(key, ct);

        public ValueTask<Row?> HeadAsync(RowKey key, CancellationToken ct) => store.HeadAsync(key, ct);

        public ValueTask<WriteResult> WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct)
        {
            ct.ThrowIfCancellationRequested();
            return ValueTask.FromResult<WriteResult>(
                writes.Count == 0 ? new WriteResult.Written() : new WriteResult.Unavailable(0, StoreFault.Failed));
        }

        public ValueTask<WriteResult> WriteAnyOrderAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct) =>
            WriteAsync(writes, ct);

        public IAsyncEnumerable<Row> ScanAsync(Table table, CancellationToken ct) => store.ScanAsync(table, ct);

        public IAsyncEnumerable<Row> ScanOwnerAsync(
            Table table, ReadOnlyMemory<byte> owner, CancellationToken ct) => store.ScanOwnerAsync(table, owner, ct);

        public IAsyncEnumerable<Row> ListOwnerAsync(
            Table table, ReadOnlyMemory<byte> owner, CancellationToken ct) => store.ListOwnerAsync(table, owner, ct);

        public ValueTask<RowPage?> PageAsync(
            Table table, ReadOnlyMemory<byte> owner, ReadOnlyMemory<byte> at, int limit, CancellationToken ct) =>
            store.PageAsync(table, owner, at, limit, ct);
    }

    private sealed class DataStore(IDataStore store) : Store(store), IDataStore
    {
        public bool HasJournals => store.HasJournals;

        public ValueTask<bool> ForgetAsync(CancellationToken ct) => new(false);
    }

    private sealed class KeyStore(IKeyStore store) : Store(store), IKeyStore;
}
