using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Opening;
using KeyRecovery.Storage.Cosmos.Stores;
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

    internal CosmosStorePair(
        StoreAccount data, StoreAccount keys, TableRegistry tables, ReadOnlyMemory<byte> pairId, ServerClock clock,
        ILoggerFactory loggers)
    {
        (_data, _keys, _tables, PairId) = (data, keys, tables, pairId);
        var logger = loggers.CreateLogger<CosmosStorePair>();
        Data = new CosmosDataStore(data, tables, clock, logger);
        Keys = new CosmosKeyStore(keys, tables, clock, logger);
    }

    /// <summary>The data store.</summary>
    public CosmosDataStore Data { get; }

    /// <summary>The key store.</summary>
    public CosmosKeyStore Keys { get; }

    IDataStore IStoreSet.Data => Data;

    IKeyStore IStoreSet.Keys => Keys;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> PairId { get; }

    /// <summary>The SDK's clients, for tests that clean up behind themselves.</summary>
    internal IEnumerable<CosmosClient> Clients => [_data.Client, _keys.Client];

    /// <inheritdoc/>
    public async Task<IntegrityReport> CheckAsync() => new(
        await Fitness.FindAsync(_data, _tables).ConfigureAwait(false),
        await Fitness.FindAsync(_keys, _tables).ConfigureAwait(false));

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _data.Dispose();
        _keys.Dispose();
        return ValueTask.CompletedTask;
    }
}
