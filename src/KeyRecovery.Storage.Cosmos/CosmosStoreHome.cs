using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Moves;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Moves;
using KeyRecovery.Storage.Cosmos.Opening;
using KeyRecovery.Storage.Cosmos.Options;
using KeyRecovery.Storage.Cosmos.Stores;
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
    TableRegistry? tables = null) : IMoveDestination, IStoreAccounts
{
    private readonly TableRegistry _tables = tables ?? TableRegistry.Default;

    /// <inheritdoc/>
    public bool IsShared => true;

    /// <inheritdoc/>
    public string PlaceOf(StoreKind kind) => (kind == StoreKind.Data ? data : keys).ToString();

    /// <summary>Makes databases, containers and the pair, where an account may have them; see the interface.</summary>
    /// <inheritdoc/>
    public async Task MigrateAsync(Migration step = Migration.Begin, CancellationToken ct = default)
    {
        var (dataAccount, keyAccount) = Connect();
        using (dataAccount)
        using (keyAccount)
        {
            await DemandAsync(AccountRules.FindAsync, dataAccount, keyAccount).ConfigureAwait(false);
            await Containers.MakeAsync(dataAccount, _tables).ConfigureAwait(false);
            await Containers.MakeAsync(keyAccount, _tables).ConfigureAwait(false);
            await PairOpening.MakeAsync(dataAccount, keyAccount, _tables, random, step, ct).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task<IStoreSet> OpenAsync() => OpenAsync(PairOpening.TakeAsync, isRestoring: false);

    /// <inheritdoc/>
    public Task<IStoreSet> OpenRestoredAsync() => OpenAsync(PairOpening.TakeAsync, isRestoring: true);

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>?> PairIdOfAsync(StoreKind kind)
    {
        using var account = Connect(kind);
        return (await TryReadAsync(account).ConfigureAwait(false))?.Pair;
    }

    /// <inheritdoc/>
    public async Task<string?> RestoreAsync()
    {
        using var account = Connect(StoreKind.Keys);
        return (await TryReadAsync(account).ConfigureAwait(false))?.Restore;
    }

    /// <inheritdoc/>
    public async Task MarkRestoreAsync(ReadOnlyMemory<byte> pairId, string? was, string? now)
    {
        using var account = Connect(StoreKind.Keys);
        await DemandAsync(AccountRules.FindAsync, account).ConfigureAwait(false);
        await Containers.MakeAsync(account, _tables).ConfigureAwait(false);
        if (was is null)
            await new PairDocument(
                pairId, StoreSchema.Of(_tables.SchemaOf(StoreKind.Keys)), IsComplete: true, now).CreateAsync(account)
                .ConfigureAwait(false);
        await PairOpening.ChangeAsync(account, _tables, found =>
            !found.Pair.Span.SequenceEqual(pairId.Span) ? throw Throw.NotOurs(account.Options, account.Role)
            : found.Restore == now ? found
            : found.Restore == was ? found with { Restore = now }
            : throw Throw.OtherRestore(account.Options, found.Restore)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<int> FillKeysAsync(IAsyncEnumerable<Row> rows, CancellationToken ct)
    {
        using var account = Connect(StoreKind.Keys);
        if (await TryReadAsync(account).ConfigureAwait(false) is not { Restore: not null })
            throw Throw.OtherRestore(account.Options, null);
        return await new RowFill(account).RunAsync(rows, ct).ConfigureAwait(false);
    }

    private static async Task<PairDocument?> TryReadAsync(StoreAccount account) =>
        await Containers.HasServerAsync(account).ConfigureAwait(false)
            ? await PairDocument.ReadAsync(account).ConfigureAwait(false) : null;

    /// <inheritdoc/>
    public async Task<IStoreSet> OpenToReadAsync() =>
        new ReadOnlySet(await OpenAsync(PairOpening.DemandAsync, isRestoring: false).ConfigureAwait(false));

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
        Func<StoreAccount, StoreAccount, TableRegistry, bool, Task<(PairDocument Data, PairDocument Keys)>> join,
        bool isRestoring)
    {
        var (dataAccount, keyAccount) = Connect();
        try
        {
            await DemandAsync(account => Fitness.FindAsync(account, _tables), dataAccount, keyAccount)
                .ConfigureAwait(false);
            var at = keyAccount.Options.Watch.GetTimestamp();
            var pair = await join(dataAccount, keyAccount, _tables, isRestoring).ConfigureAwait(false);
            var watch = new PairWatch(dataAccount, keyAccount, _tables, pair, at, isRestoring);
            return new CosmosStorePair(dataAccount, keyAccount, _tables, pair.Keys.Pair, watch, clock, loggers);
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
        return (Connect(StoreKind.Data), Connect(StoreKind.Keys));
    }

    private StoreAccount Connect(StoreKind kind) =>
        new(kind == StoreKind.Data ? data : keys, kind, loggers.CreateLogger<StoreAccount>());

    private static async Task DemandAsync(
        Func<StoreAccount, Task<IReadOnlyList<string>>> find, params StoreAccount[] accounts)
    {
        var problems = new List<string>();
        foreach (var account in accounts) problems.AddRange(await find(account).ConfigureAwait(false));
        if (problems.Count > 0) throw Throw.Unfit(problems);
    }
}
