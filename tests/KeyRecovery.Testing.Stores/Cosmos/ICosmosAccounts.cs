using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos.Options;

namespace KeyRecovery.Testing.Stores.Cosmos;

/// <summary>Two accounts that tests make databases in.</summary>
public interface ICosmosAccounts
{
    /// <summary>A store's account, with a database of that name.</summary>
    CosmosAccountOptions Account(StoreKind kind, string database);
}
