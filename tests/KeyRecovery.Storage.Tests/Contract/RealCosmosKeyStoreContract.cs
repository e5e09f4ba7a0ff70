using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos;
using KeyRecovery.Testing.Needs;
using KeyRecovery.Testing.Stores.Cosmos;

namespace KeyRecovery.Storage.Tests.Contract;

/// <summary>The key store on Azure Cosmos DB itself.</summary>
[NeedsOfClass(Need.CosmosAccounts)]
public sealed class RealCosmosKeyStoreContract : CosmosStoreContract
{
    protected override ICosmosAccounts Accounts { get; } = new RealCosmos();

    protected override Table First => Table.KeyRows;

    protected override Table Second => Table.Slots;

    protected override Table Foreign => Table.Accounts;

    protected override IRowStore Of(CosmosStorePair pair) => pair.Keys;
}
