using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rows;

/// <summary>
/// Tells which restores there were. Read once a process: they are written while nobody is served, by the process that
/// joins a restored store.
/// </summary>
internal sealed class RestoreLog(IKeyStore keys, IDataStore data)
{
    private volatile Restores? _known;

    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async ValueTask<Restores> ReadAsync(CancellationToken ct)
    {
        if (_known is { } known) return known;
        var restores = Decode(await keys.ReadAsync(Restores.Place, ct));
        // A key store that went back after the data did has forgotten it; the data store has not.
        if (Decode(await data.ReadAsync(Restores.PlaceInData, ct)).Data is { } newest
            && newest.IsNewerThan(restores.Data)) restores = restores with { Data = newest };
        return _known = restores;
    }

    /// <summary>The ids of those that are known, of 16 bytes each.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async ValueTask<IEnumerable<byte[]>> IdsAsync(CancellationToken ct)
    {
        var (data, keys) = await ReadAsync(ct);
        return new[] { data, keys }.OfType<RestoreMark>().Select(mark => mark.Id.ToArray());
    }

    /// <summary>Writes them, before anybody is served.</summary>
    /// <exception cref="StoreUnavailableException">A store cannot take them.</exception>
    public async ValueTask WriteAsync(Restores restores, CancellationToken ct)
    {
        await WriteAsync(data, Restores.PlaceInData, restores with { Keys = null }, ct);
        await WriteAsync(keys, Restores.Place, restores, ct);
        _known = restores;
    }

    private static Restores Decode(Row? row) => row is null ? Restores.None : Restores.Decode(row.Value);

    private static async ValueTask WriteAsync(IRowStore store, RowKey place, Restores restores, CancellationToken ct)
    {
        if (await store.WriteAsync([new RowWrite.Ensure(place, restores.Encode())], ct)
            is WriteResult.Unavailable(_, var reason))
            throw new StoreUnavailableException(reason, "the restore cannot be remembered");
    }
}
