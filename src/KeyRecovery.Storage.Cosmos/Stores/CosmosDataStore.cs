using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Opening;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Cosmos.Stores;

/// <summary>The data store in an account of its own, which the platform backs up.</summary>
public sealed class CosmosDataStore : CosmosRowStore, IDataStore
{
    internal CosmosDataStore(
        StoreAccount account, TableRegistry tables, PairWatch watch, ServerClock clock, ILogger logger)
        : base(account, tables, watch, clock, logger) { }

    /// <inheritdoc/>
    public bool HasJournals => false;

    /// <inheritdoc/>
    public ValueTask<bool> ForgetAsync(CancellationToken ct) => new(true);
}
