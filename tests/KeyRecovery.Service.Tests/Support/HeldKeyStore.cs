using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Tests.Support;

/// <summary>The real key store, in front of which a test can stop a write, or be faster than it.</summary>
internal sealed class HeldKeyStore(IKeyStore store) : IKeyStore
{
    /// <summary>Awaited before each write.</summary>
    public Func<IReadOnlyList<RowWrite>, Task>? BeforeWrite { get; set; }

    /// <summary>Answers in the store's place, where it says something: a disk that is full.</summary>
    public Func<IReadOnlyList<RowWrite>, WriteResult?>? InsteadOfWrite { get; set; }

    public ValueTask<Row?> ReadAsync(RowKey key, CancellationToken ct) => store.ReadAsync(key, ct);

    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct)
    {
        if (BeforeWrite is { } before) await before(writes);
        if (InsteadOfWrite?.Invoke(writes) is { } answer) return answer;
        return await store.WriteAsync(writes, ct);
    }

    public IAsyncEnumerable<Row> ScanAsync(Table table, ReadOnlyMemory<byte> afterId, CancellationToken ct) =>
        store.ScanAsync(table, afterId, ct);

    public IAsyncEnumerable<Row> ScanPrefixAsync(Table table, ReadOnlyMemory<byte> idPrefix, CancellationToken ct) =>
        store.ScanPrefixAsync(table, idPrefix, ct);
}
