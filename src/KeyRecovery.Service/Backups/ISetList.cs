namespace KeyRecovery.Service.Backups;

/// <summary>
/// Where the list of backup sets lies: beside the tombstones, for all instances the same. It only grows.
/// </summary>
public interface ISetList
{
    /// <summary>Puts a set on the list, durable on return. One that stands there may stand there twice.</summary>
    /// <exception cref="Stores.StoreUnavailableException">It cannot be written.</exception>
    ValueTask AddAsync(ListedSet set, CancellationToken ct);

    /// <summary>All that was put there until now, by any instance; the same object where nothing is new.</summary>
    /// <exception cref="Stores.StoreUnavailableException">It cannot be read.</exception>
    ValueTask<IReadOnlyList<ListedSet>> ReadAsync(CancellationToken ct);
}
