using KeyRecovery.Protocol.Primitives;
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
    /// <summary>The pair's id.</summary>
    /// <exception cref="StoreOpenException">
    /// There is none yet, the accounts are not a pair, or one is lost, foreign, older or newer; a move fills them.
    /// </exception>
    public static async Task<ReadOnlyMemory<byte>> DemandAsync(
        StoreAccount data, StoreAccount keys, TableRegistry tables)
    {
        var (dataPair, keyPair) = await FindWholeAsync(data, keys, tables).ConfigureAwait(false);
        if (keyPair is not { IsComplete: true } || dataPair is null)
            throw Throw.NotMigrated(keyPair is null ? keys.Options : data.Options);
        Demand(data, dataPair, tables);
        Demand(keys, keyPair, tables);
        return keyPair.Pair;

        static void Demand(StoreAccount account, PairDocument found, TableRegistry tables)
        {
            if (found.Schema < tables.SchemaOf(account.Store)) throw Throw.NotMigrated(account.Options);
        }
    }

    /// <summary>
    /// As <see cref="DemandAsync"/>, for whoever will write: whence the pair was moved there is no way back from here
    /// on, and nobody goes on before that stands there.
    /// </summary>
    /// <exception cref="StoreOpenException">As <see cref="DemandAsync"/>.</exception>
    public static async Task<ReadOnlyMemory<byte>> TakeAsync(
        StoreAccount data, StoreAccount keys, TableRegistry tables)
    {
        while (true)
        {
            var pair = await DemandAsync(data, keys, tables).ConfigureAwait(false);
            var found = await PairDocument.ReadAsync(keys).ConfigureAwait(false);
            if (found is not { Move: { } move }) return pair;
            if (move.State == MoveState.Ready)
                await (found with { Move = null }).ReplaceAsync(keys).ConfigureAwait(false);
        }
    }

    /// <summary>Makes the pair, or brings it to this program's schema.</summary>
    /// <exception cref="StoreOpenException">
    /// The accounts are not a pair, or one is lost, foreign or newer.
    /// </exception>
    public static async Task MakeAsync(StoreAccount data, StoreAccount keys, TableRegistry tables, IRandom random)
    {
        var (dataPair, keyPair) = await FindWholeAsync(data, keys, tables).ConfigureAwait(false);
        if (keyPair is null)
        {
            var pair = new byte[PairDocument.PairIdSize];
            random.Fill(pair);
            await new PairDocument(pair, tables.SchemaOf(StoreKind.Keys), IsComplete: false).CreateAsync(keys)
                .ConfigureAwait(false);
            // Whose it is: another process's, if that was first.
            (dataPair, keyPair) = await FindWholeAsync(data, keys, tables).ConfigureAwait(false);
        }

        if (dataPair is null)
            await new PairDocument(keyPair!.Pair, tables.SchemaOf(StoreKind.Data), IsComplete: true).CreateAsync(data)
                .ConfigureAwait(false);
        else if (dataPair.Schema < tables.SchemaOf(StoreKind.Data))
            await (dataPair with { Schema = tables.SchemaOf(StoreKind.Data) }).ReplaceAsync(data).ConfigureAwait(false);
        if (keyPair is not { IsComplete: true } || keyPair.Schema < tables.SchemaOf(StoreKind.Keys))
            await (keyPair! with { IsComplete = true, Schema = tables.SchemaOf(StoreKind.Keys) }).ReplaceAsync(keys)
                .ConfigureAwait(false);
        await DemandAsync(data, keys, tables).ConfigureAwait(false);
    }

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
        return found?.Schema > tables.SchemaOf(account.Store)
            ? throw Throw.Newer(account.Options, found.Schema, tables.SchemaOf(account.Store)) : found;
    }
}
