using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Tests.Support;

/// <summary>The real data store, in front of which a test hears of each write.</summary>
internal sealed class HeldDataStore(IDataStore store, Func<IReadOnlyList<RowWrite>, Task> beforeWrite) : IDataStore
{
    public ValueTask<Row?> ReadAsync(RowKey key, CancellationToken ct) => store.ReadAsync(key, ct);

    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct)
    {
        await beforeWrite(writes);
        return await store.WriteAsync(writes, ct);
    }

    public IAsyncEnumerable<Row> ScanAsync(Table table, ReadOnlyMemory<byte> afterId, CancellationToken ct) =>
        store.ScanAsync(table, afterId, ct);

    public IAsyncEnumerable<Row> ScanPrefixAsync(Table table, ReadOnlyMemory<byte> idPrefix, CancellationToken ct) =>
        store.ScanPrefixAsync(table, idPrefix, ct);

    public ValueTask<bool> ForgetAsync(CancellationToken ct) => store.ForgetAsync(ct);
}
