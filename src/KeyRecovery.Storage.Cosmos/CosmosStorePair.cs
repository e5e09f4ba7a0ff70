using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Opening;
using KeyRecovery.Storage.Cosmos.Stores;
using KeyRecovery.Storage.Cosmos.Telemetry;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Cosmos;

/// <summary>
/// The data store and the key store of one server, an account each. Any number of processes has them open.
/// </summary>
public sealed class CosmosStorePair : IStoreSet
{
    private readonly StoreAccount _data;
    private readonly StoreAccount _keys;
    private readonly TableRegistry _tables;
    private readonly PairWatch _watch;

    internal CosmosStorePair(
        StoreAccount data, StoreAccount keys, TableRegistry tables, ReadOnlyMemory<byte> pairId, PairWatch watch,
        ServerClock clock, ILoggerFactory loggers)
    {
        (_data, _keys, _tables, _watch, PairId) = (data, keys, tables, watch, pairId);
        var logger = loggers.CreateLogger<CosmosStorePair>();
        Data = new CosmosDataStore(data, tables, watch, clock, logger);
        Keys = new CosmosKeyStore(keys, tables, watch, clock, logger);
        foreach (var kind in Enum.GetValues<StoreKind>())
        {
            if (SchemaOf(kind).Written < tables.SchemaOf(kind))
                Log.StepUnfinished(logger, kind == StoreKind.Data ? data.Role : keys.Role, tables.SchemaOf(kind));
        }
    }

    /// <summary>The data store.</summary>
    public CosmosDataStore Data { get; }

    /// <summary>The key store.</summary>
    public CosmosKeyStore Keys { get; }

    IDataStore IStoreSet.Data => Data;

    IKeyStore IStoreSet.Keys => Keys;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> PairId { get; }

    /// <inheritdoc/>
    public Task<string> Closed => _watch.Closed;

    /// <inheritdoc/>
    public StoreSchema SchemaOf(StoreKind kind) => _watch.SchemaOf(kind);

    /// <summary>The SDK's clients, for tests that clean up behind themselves.</summary>
    internal IEnumerable<CosmosClient> Clients => [_data.Client, _keys.Client];

    /// <inheritdoc/>
    public async Task<IntegrityReport> CheckAsync() => new(
        await Fitness.FindAsync(_data, _tables).ConfigureAwait(false),
        await Fitness.FindAsync(_keys, _tables).ConfigureAwait(false));

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _watch.Dispose();
        _data.Dispose();
        _keys.Dispose();
        return ValueTask.CompletedTask;
    }
}
