using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Needs;
using KeyRecovery.Testing.Stores.Cosmos;

namespace KeyRecovery.Storage.Tests.Contract;

/// <summary>The key store on the emulator.</summary>
[NeedsOfClass(Need.CosmosEmulator)]
public sealed class CosmosKeyStoreContract(CosmosFixture cosmos)
    : CosmosStoreContract, IClassFixture<CosmosFixture>
{
    protected override ICosmosAccounts Accounts => cosmos.Emulator;

    protected override Table First => Table.KeyRows;

    protected override Table Second => Table.Slots;

    protected override Table Foreign => Table.Accounts;

    protected override IRowStore Of(CosmosStorePair pair) => pair.Keys;
}
