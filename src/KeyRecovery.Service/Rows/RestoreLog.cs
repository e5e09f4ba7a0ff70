using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rows;

/// <summary>
/// Tells which restores there were. Read once a process: they are written while nobody is served, by the process that
/// joins a restored store.
/// </summary>
internal sealed class RestoreLog(IKeyStore keys)
{
    private volatile Restores? _known;

    /// <exception cref="StoreUnavailableException">The key store cannot answer.</exception>
    public async ValueTask<Restores> ReadAsync(CancellationToken ct) => _known ??=
        await keys.ReadAsync(Restores.Place, ct) is { } row ? Restores.Decode(row.Value) : Restores.None;

    /// <summary>Writes them, before anybody is served.</summary>
    /// <exception cref="StoreUnavailableException">The key store cannot take them.</exception>
    public async ValueTask WriteAsync(Restores restores, CancellationToken ct)
    {
        if (await keys.WriteAsync([new RowWrite.Ensure(Restores.Place, restores.Encode())], ct)
            is WriteResult.Unavailable(_, var reason))
            throw new StoreUnavailableException(reason, "the restore cannot be remembered");
        _known = restores;
    }
}
