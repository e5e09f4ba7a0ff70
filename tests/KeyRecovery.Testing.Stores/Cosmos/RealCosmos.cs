using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos.Options;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Testing.Stores.Cosmos;

/// <summary>Accounts of Azure Cosmos DB itself; see <see cref="CloudAccounts.Cosmos"/>.</summary>
public sealed class RealCosmos : ICosmosAccounts
{
    /// <inheritdoc/>
    public CosmosAccountOptions Account(StoreKind kind, string database)
    {
        var (data, keys) = CloudAccounts.Cosmos ?? throw new InvalidOperationException("no accounts are named");
        var parts = (kind == StoreKind.Data ? data : keys).Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(part => part.Split('=', 2)).ToDictionary(part => part[0], part => part[1]);
        return new CosmosAccountOptions
        {
            Endpoint = new Uri(parts["AccountEndpoint"]), Key = parts["AccountKey"], Database = database,
        };
    }
}
