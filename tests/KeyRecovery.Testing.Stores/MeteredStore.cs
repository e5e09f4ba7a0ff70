using System.Runtime.CompilerServices;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Testing.Stores;

/// <summary>
/// Notes what is asked of a store, step by step, with sizes: of it follows what a document database costs.
/// </summary>
/// <param name="store">The real one.</param>
/// <param name="calls">Where it is noted; locked meanwhile.</param>
public abstract class MeteredStore(IRowStore store, ICollection<StoreCall> calls) : PassingStore(store)
{
    private readonly IRowStore _store = store;

    /// <inheritdoc/>
    public override async ValueTask<Row?> ReadAsync(RowKey key, CancellationToken ct)
    {
        var row = await _store.ReadAsync(key, ct);
        Note(row is null ? StoreCallKind.ReadNothing : StoreCallKind.Read, key, row);
        return row;
    }

    /// <inheritdoc/>
    public override async ValueTask<Row?> HeadAsync(RowKey key, CancellationToken ct)
    {
        // A document comes whole, and what is not there is asked for once.
        var row = await _store.ReadAsync(key, ct);
        Note(StoreCallKind.Head, key, row);
        return row is null ? null : row with { Value = ReadOnlyMemory<byte>.Empty };
    }

    /// <inheritdoc/>
    public override async ValueTask<WriteResult> WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct)
    {
        foreach (var write in writes)
        {
            if (write is RowWrite.Create(_, var created)) Note(StoreCallKind.Write, write.Key, created.Length);
            else if (write is RowWrite.Import(var row)) Note(StoreCallKind.Write, write.Key, row.Value.Length);
            else if (write is RowWrite.Ensure(_, var ensured)) Note(StoreCallKind.Write, write.Key, ensured.Length);
            else if (write is RowWrite.Replace(_, var put)) Note(StoreCallKind.Write, write.Key, put.Length);
            else if (await _store.ReadAsync(write.Key, ct) is { } there) Note(StoreCallKind.Delete, write.Key, there);
            else Note(StoreCallKind.DeleteNothing, write.Key, null);
        }

        return await _store.WriteAsync(writes, ct);
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<Row> ScanAsync(Table table, CancellationToken ct) =>
        NotedAsync(table, _store.ScanAsync(table, ct), ct);

    /// <inheritdoc/>
    public override IAsyncEnumerable<Row> ScanOwnerAsync(
        Table table, ReadOnlyMemory<byte> owner, CancellationToken ct) =>
        NotedAsync(table, _store.ScanOwnerAsync(table, owner, ct), ct);

    /// <inheritdoc/>
    public override IAsyncEnumerable<Row> ListOwnerAsync(
        Table table, ReadOnlyMemory<byte> owner, CancellationToken ct) =>
        NotedAsync(table, _store.ListOwnerAsync(table, owner, ct), ct);

    /// <inheritdoc/>
    public override async ValueTask<RowPage?> PageAsync(
        Table table, ReadOnlyMemory<byte> owner, ReadOnlyMemory<byte> at, int limit, CancellationToken ct)
    {
        var page = await _store.PageAsync(table, owner, at, limit, ct);
        var rows = page?.Rows ?? [];
        Note(new StoreCall(
            StoreCallKind.Scan, table, rows.Sum(row => row.Key.Id.Length), rows.Sum(row => row.Value.Length),
            rows.Length));
        return page;
    }

    private async IAsyncEnumerable<Row> NotedAsync(
        Table table, IAsyncEnumerable<Row> rows, [EnumeratorCancellation] CancellationToken ct)
    {
        var (count, bytes, ids) = (0, 0L, 0);
        try
        {
            await foreach (var row in rows.WithCancellation(ct))
            {
                (count, bytes, ids) = (count + 1, bytes + row.Value.Length, ids + row.Key.Id.Length);
                yield return row;
            }
        }
        finally
        {
            Note(new StoreCall(StoreCallKind.Scan, table, ids, bytes, count));
        }
    }

    private void Note(StoreCallKind kind, RowKey key, Row? row) => Note(kind, key, row?.Value.Length ?? 0);

    private void Note(StoreCallKind kind, RowKey key, int bytes) =>
        Note(new StoreCall(kind, key.Table, key.Id.Length, bytes));

    private void Note(StoreCall call)
    {
        lock (calls) calls.Add(call);
    }
}

/// <summary>A data store that is noted.</summary>
public sealed class MeteredDataStore(IDataStore store, ICollection<StoreCall> calls)
    : MeteredStore(store, calls), IDataStore
{
    /// <inheritdoc/>
    public bool HasJournals => store.HasJournals;

    /// <inheritdoc/>
    public ValueTask<bool> ForgetAsync(CancellationToken ct) => store.ForgetAsync(ct);
}

/// <summary>A key store that is noted.</summary>
public sealed class MeteredKeyStore(IKeyStore store, ICollection<StoreCall> calls)
    : MeteredStore(store, calls), IKeyStore;
