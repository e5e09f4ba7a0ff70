using KeyRecovery.Service.Stores;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Support;

/// <summary>Counts the rows that are read of a key store, one by one and in scans.</summary>
internal sealed class CountingKeyStore(IKeyStore store) : PassingStore(store), IKeyStore
{
    private int _rows;

    public int Rows => Volatile.Read(ref _rows);

    /// <summary>How many rows are read meanwhile.</summary>
    public async Task<int> CostAsync(Func<Task> act)
    {
        var before = Rows;
        await act();
        return Rows - before;
    }

    public override ValueTask<Row?> ReadAsync(RowKey key, CancellationToken ct)
    {
        Interlocked.Increment(ref _rows);
        return base.ReadAsync(key, ct);
    }

    public override ValueTask<Row?> HeadAsync(RowKey key, CancellationToken ct)
    {
        Interlocked.Increment(ref _rows);
        return base.HeadAsync(key, ct);
    }

    public override IAsyncEnumerable<Row> ScanAsync(Table table, CancellationToken ct) =>
        Counted(base.ScanAsync(table, ct));

    public override IAsyncEnumerable<Row> ScanOwnerAsync(
        Table table, ReadOnlyMemory<byte> owner, CancellationToken ct) =>
        Counted(base.ScanOwnerAsync(table, owner, ct));

    public override IAsyncEnumerable<Row> ListOwnerAsync(
        Table table, ReadOnlyMemory<byte> owner, CancellationToken ct) =>
        Counted(base.ListOwnerAsync(table, owner, ct));

    private async IAsyncEnumerable<Row> Counted(IAsyncEnumerable<Row> rows)
    {
        await foreach (var row in rows)
        {
            Interlocked.Increment(ref _rows);
            yield return row;
        }
    }
}
