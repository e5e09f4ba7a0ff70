using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// Which rows an account row leads to. What an account has beside them was left by a crash or a lost race, or belongs
/// to a write that is under way.
/// </summary>
internal sealed class AccountNames
{
    private AccountNames(HashSet<RowKey> rows, long keptBytes, IReadOnlyList<Hash256> confirmed) =>
        (Rows, KeptBytes, Confirmed) = (rows, keptBytes, confirmed);

    /// <summary>The rows, the account row among them.</summary>
    public HashSet<RowKey> Rows { get; }

    /// <summary>The sealed sizes of the older versions that count, in bytes.</summary>
    public long KeptBytes { get; }

    /// <summary>The older versions that are told to whoever asks.</summary>
    public IReadOnlyList<Hash256> Confirmed { get; }

    /// <exception cref="RowDamagedException">A row that is named is not there, or does not open.</exception>
    public static async ValueTask<AccountNames> ReadAsync(
        IDataStore data, AccountRows rows, AccountState state, Moment now, CancellationToken ct)
    {
        HashSet<RowKey> named = [rows.Account, rows.Manifest(state.ManifestHash)];
        named.UnionWith(state.Keysets.Select(rows.Keyset));
        await AddChunksAsync(Table.Links, state.LinkChunk);
        if (state.Trail.Chunk is { } trailChunk) await AddChunksAsync(Table.Trails, trailChunk);
        if (state.Activity.Chunk is { } activity) await AddChunksAsync(Table.Activity, activity);
        named.UnionWith(state.Points.Select(p => rows.Manifest(p.Manifest.Hash)));
        named.UnionWith(state.Points.Select(p => p.Epoch).Where(e => e < state.Path.Newest).Distinct()
            .SelectMany(epoch => state.Authorities.Keys.Select(id => rows.Seal(epoch, id))));
        var manifest = ManifestRow.Decode(await data.GetAsync(rows, rows.Manifest(state.ManifestHash), ct)).Manifest;
        var current = manifest.Manifest.Items.Select(i => i.Hash).ToHashSet();
        named.UnionWith(manifest.Manifest.Items.Select(i => rows.Item(i.Hash)));
        named.UnionWith(state.Staged.Select(s => rows.Item(s.Hash)));
        var (trail, kept, confirmed) = (new TrailReader(data, rows, state), 0L, new List<Hash256>());
        var points = PointNames.Of(state, now);
        await foreach (var row in data.ScanOwnerAsync(Table.History, rows.Locator, ct))
        {
            if (await HistoryPlan.ReadAsync(trail, rows, row, points, now, ct) is not { Kept: var counting } view)
                throw new RowDamagedException(Table.Trails);
            if (counting.Count > 0) named.Add(row.Key);
            named.UnionWith(counting.Select(e => rows.Item(e.Item.Hash)));
            var told = counting.Where(e => e.Manifest.Version <= state.ManifestVersion).ToList();
            confirmed.AddRange(told.Select(e => e.Item.Hash));
            kept += view.Versions(current).Select(v => v.First())
                .Where(e => e.Manifest.Version <= state.ManifestVersion).Sum(e => e.Item.Size);
        }

        return new AccountNames(named, kept, confirmed);

        async ValueTask AddChunksAsync(Table table, Hash256 newest)
        {
            named.Add(rows.Named(table, newest));
            var chunk = await data.FindAsync(rows, table, newest, ct) ?? throw new RowDamagedException(table);
            named.UnionWith(chunk.Before.Select(p => rows.Named(table, p.Name)));
        }
    }
}
