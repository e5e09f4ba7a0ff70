using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Stores.Cosmos;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Storage.Tests.Contract;

/// <summary>The contract on Azure Cosmos DB: a database for each test, deleted behind it.</summary>
public abstract class CosmosStoreContract : RowStoreContract
{
    private readonly string _database = $"test-{Guid.NewGuid():N}";
    private CosmosStorePair? _pair;

    protected abstract ICosmosAccounts Accounts { get; }

    public override async Task DisposeAsync()
    {
        if (_pair is null) return;
        foreach (var client in _pair.Clients)
            using (await client.GetDatabase(_database).DeleteStreamAsync()) { }
        await _pair.DisposeAsync();
    }

    protected abstract IRowStore Of(CosmosStorePair pair);

    protected override async Task<IRowStore> OpenAsync()
    {
        var home = new CosmosStoreHome(
            Accounts.Account(StoreKind.Data, _database), Accounts.Account(StoreKind.Keys, _database),
            SystemRandom.Instance, new ServerClock(TimeProvider.System), NullLoggerFactory.Instance);
        await home.MigrateAsync();
        return Of(_pair = (CosmosStorePair)await home.OpenAsync());
    }
}
