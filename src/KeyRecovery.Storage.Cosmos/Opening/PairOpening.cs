using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos.Connections;

namespace KeyRecovery.Storage.Cosmos.Opening;

/// <summary>
/// Finds out whether two accounts are a pair, or makes them one. The key store comes first and remembers when the data
/// store is there as well: so what was cut short is taken up again, and a lost store is told from one that never was.
/// </summary>
internal static class PairOpening
{
    private const int Attempts = 16;

    /// <summary>What both stores say of themselves.</summary>
    /// <param name="data">The data store's account.</param>
    /// <param name="keys">The key store's account.</param>
    /// <param name="tables">Those of this program.</param>
    /// <param name="isRestoring">Whether this is to end a restore, which nobody else opens.</param>
    /// <exception cref="StoreOpenException">
    /// There is none yet, the accounts are not a pair, or one is lost, foreign, older or newer; a restore has not
    /// ended; a move fills them.
    /// </exception>
    public static async Task<(PairDocument Data, PairDocument Keys)> DemandAsync(
        StoreAccount data, StoreAccount keys, TableRegistry tables, bool isRestoring = false)
    {
        var (dataPair, keyPair) = await FindWholeAsync(data, keys, tables).ConfigureAwait(false);
        if (keyPair is not { IsComplete: true } || dataPair is null)
            throw Throw.NotMigrated(keyPair is null ? keys.Options : data.Options);
        if (keyPair.Restore is { } restore && !isRestoring) throw Throw.Restoring(keys.Options, restore);
        Demand(data, dataPair, tables);
        Demand(keys, keyPair, tables);
        return (dataPair, keyPair);

        static void Demand(StoreAccount account, PairDocument found, TableRegistry tables)
        {
            if (found.Schema.Made < tables.SchemaOf(account.Store)) throw Throw.NotMigrated(account.Options);
            if (found.Schema.Written < tables.BesideOf(account.Store)) throw Throw.NotFinished(account.Options);
        }
    }

    /// <summary>
    /// As <see cref="DemandAsync"/>, for whoever will write: whence the pair was moved there is no way back from here
    /// on, and nobody goes on before that stands there.
    /// </summary>
    /// <exception cref="StoreOpenException">As <see cref="DemandAsync"/>.</exception>
    public static async Task<(PairDocument Data, PairDocument Keys)> TakeAsync(
        StoreAccount data, StoreAccount keys, TableRegistry tables, bool isRestoring = false)
    {
        while (true)
        {
            var pair = await DemandAsync(data, keys, tables, isRestoring).ConfigureAwait(false);
            if (pair.Keys.Move is null) return pair;
            await (pair.Keys with { Move = null }).ReplaceAsync(keys).ConfigureAwait(false);
        }
    }

    /// <summary>Makes the pair, or takes it on to this program's schema.</summary>
    /// <exception cref="StoreOpenException">
    /// The accounts are not a pair, or one is lost, foreign or newer.
    /// </exception>
    public static async Task MakeAsync(
        StoreAccount data, StoreAccount keys, TableRegistry tables, IRandom random, Migration step,
        CancellationToken ct)
    {
        await CreateAsync(data, keys, tables, random).ConfigureAwait(false);
        StoreAccount[] both = [data, keys];
        foreach (var account in both)
        {
            var (own, beside) = (tables.SchemaOf(account.Store), tables.BesideOf(account.Store));
            await RaiseAsync(account, tables, step switch
            {
                Migration.Whole => StoreSchema.Of(own),
                Migration.Finish => new StoreSchema(own, own, 0),
                _ => new StoreSchema(own, beside, 0),
            }).ConfigureAwait(false);
        }

        if (step != Migration.Finish) return;
        var found = await ReadAsync(data, keys, tables).ConfigureAwait(false);
        if (found.Data!.Schema.Written < tables.SchemaOf(StoreKind.Data)
            || found.Keys!.Schema.Written < tables.SchemaOf(StoreKind.Keys))
            await Task.Delay(PairWatch.AllGone(keys.Options), keys.Options.Watch, ct).ConfigureAwait(false);
        foreach (var account in both)
            await RaiseAsync(account, tables, StoreSchema.Of(tables.SchemaOf(account.Store))).ConfigureAwait(false);
    }

    /// <summary>Changes what a store says of itself, whoever else does so at the same time.</summary>
    /// <exception cref="StoreOpenException">It is not there, foreign or newer, or keeps changing.</exception>
    public static async Task ChangeAsync(
        StoreAccount account, TableRegistry tables, Func<PairDocument, PairDocument> change)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var found = await FindAsync(account, tables).ConfigureAwait(false)
                ?? throw Throw.NotMigrated(account.Options);
            var next = change(found);
            if (next == found) return;
            await next.ReplaceAsync(account).ConfigureAwait(false);
        }

        throw Throw.Changing(account.Options);
    }

    private static async Task CreateAsync(StoreAccount data, StoreAccount keys, TableRegistry tables, IRandom random)
    {
        var (dataPair, keyPair) = await FindWholeAsync(data, keys, tables).ConfigureAwait(false);
        if (keyPair is null)
        {
            var pair = new byte[PairDocument.PairIdSize];
            random.Fill(pair);
            await New(pair, StoreKind.Keys, isComplete: false).CreateAsync(keys).ConfigureAwait(false);
            // Whose it is: another process's, if that was first.
            (dataPair, keyPair) = await FindWholeAsync(data, keys, tables).ConfigureAwait(false);
        }

        if (dataPair is null)
            await New(keyPair!.Pair, StoreKind.Data, isComplete: true).CreateAsync(data).ConfigureAwait(false);
        await ChangeAsync(keys, tables, found => found.IsComplete ? found : found with { IsComplete = true })
            .ConfigureAwait(false);
        await ReadAsync(data, keys, tables).ConfigureAwait(false);

        PairDocument New(ReadOnlyMemory<byte> pair, StoreKind store, bool isComplete) =>
            new(pair, StoreSchema.Of(tables.SchemaOf(store)), isComplete);
    }

    private static Task RaiseAsync(StoreAccount account, TableRegistry tables, StoreSchema to) =>
        ChangeAsync(account, tables, found => found with
        {
            Schema = new StoreSchema(
                Math.Max(found.Schema.Made, to.Made), Math.Max(found.Schema.Least, to.Least),
                Math.Max(found.Schema.Written, to.Written)),
        });

    private static async Task<(PairDocument? Data, PairDocument? Keys)> FindWholeAsync(
        StoreAccount data, StoreAccount keys, TableRegistry tables)
    {
        var found = await ReadAsync(data, keys, tables).ConfigureAwait(false);
        return found.Keys is { Move: { State: not MoveState.Ready } move }
            ? throw Throw.Moving(keys.Options, move) : found;
    }

    /// <summary>What stands in the two accounts; what is wrong with them is found before anything is changed.</summary>
    /// <exception cref="StoreOpenException">
    /// The accounts are not a pair, or one is lost, foreign or newer.
    /// </exception>
    public static async Task<(PairDocument? Data, PairDocument? Keys)> ReadAsync(
        StoreAccount data, StoreAccount keys, TableRegistry tables)
    {
        // In this order: a data store that is there when its key store says so is there now, and where a data store is,
        // its key store was before.
        var keyPair = await FindAsync(keys, tables).ConfigureAwait(false);
        var dataPair = await FindAsync(data, tables).ConfigureAwait(false);
        if (dataPair is not null) keyPair ??= await FindAsync(keys, tables).ConfigureAwait(false);
        if (keyPair is null && dataPair is not null) throw Throw.Lost(data.Options, keys.Options, keys.Role);
        if (keyPair is { IsComplete: true } && dataPair is null)
            throw Throw.Lost(keys.Options, data.Options, data.Role);
        if (keyPair is not null && dataPair is not null && !dataPair.Pair.Span.SequenceEqual(keyPair.Pair.Span))
            throw Throw.ForeignPair(data.Options, keys.Options);
        return (dataPair, keyPair);
    }

    private static async Task<PairDocument?> FindAsync(StoreAccount account, TableRegistry tables)
    {
        var found = await PairDocument.ReadAsync(account).ConfigureAwait(false);
        return found?.Schema.Least > tables.SchemaOf(account.Store)
            ? throw Throw.Newer(account.Options, found.Schema.Least, tables.SchemaOf(account.Store)) : found;
    }
}
