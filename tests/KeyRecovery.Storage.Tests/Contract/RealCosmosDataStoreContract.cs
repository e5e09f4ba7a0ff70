using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos;
using KeyRecovery.Testing.Needs;
using KeyRecovery.Testing.Stores.Cosmos;

namespace KeyRecovery.Storage.Tests.Contract;

/// <summary>The data store on Azure Cosmos DB itself.</summary>
[NeedsOfClass(Need.CosmosAccounts)]
public sealed class RealCosmosDataStoreContract : CosmosStoreContract
{
    protected override ICosmosAccounts Accounts { get; } = new RealCosmos();

    protected override Table First => Table.Links;

    protected override Table Second => Table.Items;

    protected override Table Foreign => Table.KeyRows;

    protected override IRowStore Of(CosmosStorePair pair) => pair.Data;
}
