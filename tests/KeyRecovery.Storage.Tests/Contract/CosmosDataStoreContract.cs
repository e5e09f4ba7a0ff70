using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Needs;
using KeyRecovery.Testing.Stores.Cosmos;

namespace KeyRecovery.Storage.Tests.Contract;

/// <summary>The data store on the emulator.</summary>
[NeedsOfClass(Need.CosmosEmulator)]
public sealed class CosmosDataStoreContract(CosmosFixture cosmos)
    : CosmosStoreContract, IClassFixture<CosmosFixture>
{
    protected override ICosmosAccounts Accounts => cosmos.Emulator;

    protected override Table First => Table.Links;

    protected override Table Second => Table.Items;

    protected override Table Foreign => Table.KeyRows;

    protected override IRowStore Of(CosmosStorePair pair) => pair.Data;
}
