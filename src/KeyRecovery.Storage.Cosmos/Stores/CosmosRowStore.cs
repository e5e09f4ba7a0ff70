using System.Net;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Documents;
using KeyRecovery.Storage.Cosmos.Opening;
using KeyRecovery.Storage.Cosmos.Telemetry;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Cosmos.Stores;

/// <summary>
/// Rows in one account: a document each, read by its name and written on the condition that it is as it was read. Made
/// by <see cref="CosmosStorePair"/>.
/// </summary>
public abstract class CosmosRowStore : IRowStore
{
    // What an id names by its content is the same on each replica, or not there yet: half the price of a read at the
    // account's own consistency, which has the last word on what is absent.
    private static readonly ItemRequestOptions AnyReplica = new() { ConsistencyLevel = ConsistencyLevel.Eventual };

    // As many requests as one caller may have under way, where their order is nothing to it.
    private const int AtOnce = 32;

    private readonly StoreAccount _account;
    private readonly TableRegistry _tables;
    private readonly PairWatch _watch;
    private readonly RowScan _scan;
    private readonly DocumentWrites _writes;
    private readonly ILogger _logger;

    private protected CosmosRowStore(
        StoreAccount account, TableRegistry tables, PairWatch watch, ServerClock clock, ILogger logger)
    {
        (_account, _tables, _watch, _logger) = (account, tables, watch, logger);
        _scan = new RowScan(account, logger);
        _writes = new DocumentWrites(account, clock);
    }

    /// <inheritdoc/>
    public async ValueTask<Row?> ReadAsync(RowKey key, CancellationToken ct)
    {
        Demand(key.Table);
        return (key.Table.NamesContent ? await PointAsync(key, AnyReplica, ct).ConfigureAwait(false) : null)
            ?? await PointAsync(key, null, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<Row?> HeadAsync(RowKey key, CancellationToken ct)
    {
        Demand(key.Table);
        // Whoever deletes by the token needs the newest one.
        return await PointAsync(key, null, ct).ConfigureAwait(false) is { } row ? row with { Value = default } : null;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// A value's document would have more than 1.5 MiB; nothing was written.
    /// </exception>
    public async ValueTask<WriteResult> WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct)
    {
        Demand(writes);
        ct.ThrowIfCancellationRequested();
        for (var i = 0; i < writes.Count; i++)
            if (await DoAsync(writes, i).ConfigureAwait(false) is { } failed) return failed;
        return new WriteResult.Written();
    }

    /// <inheritdoc/>
    public async ValueTask<WriteResult> WriteAnyOrderAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct)
    {
        Demand(writes);
        ct.ThrowIfCancellationRequested();
        using var places = new SemaphoreSlim(AtOnce);
        var results = await Task.WhenAll(Enumerable.Range(0, writes.Count).Select(async i =>
        {
            await places.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                return await DoAsync(writes, i).ConfigureAwait(false);
            }
            finally
            {
                places.Release();
            }
        })).ConfigureAwait(false);
        return results.FirstOrDefault(result => result is not null) ?? new WriteResult.Written();
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Row> ScanAsync(Table table, CancellationToken ct) =>
        _scan.RunAsync(Demand(table), default, ct);

    /// <inheritdoc/>
    public IAsyncEnumerable<Row> ScanOwnerAsync(Table table, ReadOnlyMemory<byte> owner, CancellationToken ct) =>
        _scan.RunAsync(Demand(table), owner, ct);

    /// <inheritdoc/>
    public IAsyncEnumerable<Row> ListOwnerAsync(Table table, ReadOnlyMemory<byte> owner, CancellationToken ct) =>
        _scan.RunAsync(Demand(table), owner, ct).Select(row => row with { Value = default });

    /// <inheritdoc/>
    public async ValueTask<RowPage?> PageAsync(
        Table table, ReadOnlyMemory<byte> owner, ReadOnlyMemory<byte> at, int limit, CancellationToken ct) =>
        await _scan.PageAsync(Demand(table), owner, at, limit, ct).ConfigureAwait(false);

    // What became of a step that is not done; null where it is.
    private async Task<WriteResult?> DoAsync(IReadOnlyList<RowWrite> writes, int index)
    {
        // Before each step, as a process may stand still between two of them.
        if (!await _watch.MayWriteAsync().ConfigureAwait(false))
            return new WriteResult.Unavailable(index, StoreFault.Failed);
        using var answer = await _writes.DoAsync(writes[index]).ConfigureAwait(false);
        switch (StepTable.IsDone(writes[index], answer))
        {
            case true: return null;
            case false: return new WriteResult.Refused(index);
        }

        var fault = StepTable.FaultOf(answer);
        // While the circuit is open, its own line says so.
        if (!answer.IsHeld)
            Log.WriteFailed(
                _logger, _account.Role, writes[index].Key.Table.Name, answer.Words, fault, answer.Cause);
        return new WriteResult.Unavailable(index, fault);
    }

    private void Demand(IReadOnlyList<RowWrite> writes)
    {
        foreach (var write in writes)
        {
            var (table, written) = (Demand(write.Key.Table), _watch.SchemaOf(_account.Store).Written);
            if (table.Since > written) throw Throw.NotYet(table, written);
            DocumentWrites.DemandSize(write);
        }
    }

    private async Task<Row?> PointAsync(RowKey key, ItemRequestOptions? how, CancellationToken ct)
    {
        var name = DocumentName.Of(key);
        using var answer = await _account.AskAsync(
            token => _account.ContainerOf(key.Table).ReadItemStreamAsync(
                name.Id, new PartitionKey(name.Partition), how, token),
            ct).ConfigureAwait(false);
        if (answer.IsAbsent) return null;
        if (answer is not { Status: HttpStatusCode.OK, Body: { } body })
            throw Faults.Unread(_logger, _account, key.Table, answer);
        return Faults.Decoded(_logger, _account, key.Table, () => RowDocument.Decode(key.Table, body.RootElement))
            is { } row && row.Key == key
            ? row
            : throw Faults.Unread(_logger, _account, key.Table, new Answer(0, 0, Cause: new InvalidDataException()));
    }

    private Table Demand(Table table)
    {
        if (table.Store != _account.Store || _tables.Find((ulong)table.Number) != table)
            throw Throw.ForeignTable(table);
        if (_watch.Closed.IsCompleted)
            throw new StoreUnavailableException(StoreFault.Failed, $"the {_account.Role} is closed to this process");
        return table;
    }
}
