using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Opening;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Cosmos.Stores;

/// <summary>
/// The key store in an account of its own. What the platform's backups keep of a deleted row hangs on a KEK, which is
/// in no account.
/// </summary>
public sealed class CosmosKeyStore : CosmosRowStore, IKeyStore
{
    internal CosmosKeyStore(
        StoreAccount account, TableRegistry tables, PairWatch watch, ServerClock clock, ILogger logger)
        : base(account, tables, watch, clock, logger) { }
}
