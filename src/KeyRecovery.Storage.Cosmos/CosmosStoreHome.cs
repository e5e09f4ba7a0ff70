using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Moves;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Moves;
using KeyRecovery.Storage.Cosmos.Opening;
using KeyRecovery.Storage.Cosmos.Options;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.Storage.Cosmos;

/// <summary>Two accounts of Azure Cosmos DB: a place is an endpoint and a database.</summary>
/// <param name="data">The data store's account.</param>
/// <param name="keys">The key store's account, another one.</param>
/// <param name="random">Draws the id of a new pair.</param>
/// <param name="clock">Tells when rows are written.</param>
/// <param name="loggers">Where the stores log to.</param>
/// <param name="tables">The tables that there are; null for those of this program.</param>
public sealed class CosmosStoreHome(
    CosmosAccountOptions data, CosmosAccountOptions keys, IRandom random, ServerClock clock, ILoggerFactory loggers,
    TableRegistry? tables = null) : IMoveDestination
{
    private readonly TableRegistry _tables = tables ?? TableRegistry.Default;

    /// <inheritdoc/>
    public bool IsShared => true;

    /// <inheritdoc/>
    public string PlaceOf(StoreKind kind) => (kind == StoreKind.Data ? data : keys).ToString();

    /// <summary>Makes databases, containers and the pair, where an account may have them; see the interface.</summary>
    /// <inheritdoc/>
    public async Task MigrateAsync()
    {
        var (dataAccount, keyAccount) = Connect();
        using (dataAccount)
        using (keyAccount)
        {
            await DemandAsync(AccountRules.FindAsync, dataAccount, keyAccount).ConfigureAwait(false);
            await Containers.MakeAsync(dataAccount, _tables).ConfigureAwait(false);
            await Containers.MakeAsync(keyAccount, _tables).ConfigureAwait(false);
            await PairOpening.MakeAsync(dataAccount, keyAccount, _tables, random).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task<IStoreSet> OpenAsync() => OpenAsync(PairOpening.TakeAsync);

    /// <inheritdoc/>
    public async Task<IStoreSet> OpenToReadAsync() =>
        new ReadOnlySet(await OpenAsync(PairOpening.DemandAsync).ConfigureAwait(false));

    /// <inheritdoc/>
    public async Task<IArrival> OpenToFillAsync()
    {
        var (dataAccount, keyAccount) = Connect();
        try
        {
            await DemandAsync(AccountRules.FindAsync, dataAccount, keyAccount).ConfigureAwait(false);
            return await CosmosArrival.LookAsync(dataAccount, keyAccount, _tables, clock, loggers)
                .ConfigureAwait(false);
        }
        catch
        {
            dataAccount.Dispose();
            keyAccount.Dispose();
            throw;
        }
    }

    private async Task<IStoreSet> OpenAsync(
        Func<StoreAccount, StoreAccount, TableRegistry, Task<ReadOnlyMemory<byte>>> join)
    {
        var (dataAccount, keyAccount) = Connect();
        try
        {
            await DemandAsync(account => Fitness.FindAsync(account, _tables), dataAccount, keyAccount)
                .ConfigureAwait(false);
            var pair = await join(dataAccount, keyAccount, _tables).ConfigureAwait(false);
            return new CosmosStorePair(dataAccount, keyAccount, _tables, pair, clock, loggers);
        }
        catch
        {
            dataAccount.Dispose();
            keyAccount.Dispose();
            throw;
        }
    }

    private (StoreAccount Data, StoreAccount Keys) Connect()
    {
        if (Uri.Compare(
            data.Endpoint, keys.Endpoint, UriComponents.HostAndPort, UriFormat.Unescaped,
            StringComparison.OrdinalIgnoreCase) == 0)
            throw Throw.SamePlace(data.Endpoint);
        var logger = loggers.CreateLogger<StoreAccount>();
        return (new StoreAccount(data, StoreKind.Data, logger), new StoreAccount(keys, StoreKind.Keys, logger));
    }

    private static async Task DemandAsync(
        Func<StoreAccount, Task<IReadOnlyList<string>>> find, params StoreAccount[] accounts)
    {
        var problems = new List<string>();
        foreach (var account in accounts) problems.AddRange(await find(account).ConfigureAwait(false));
        if (problems.Count > 0) throw Throw.Unfit(problems);
    }
}
