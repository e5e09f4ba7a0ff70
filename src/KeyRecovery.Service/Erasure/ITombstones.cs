namespace KeyRecovery.Service.Erasure;

/// <summary>
/// The list of all that was erased, by keyed hashes, in a place that no backup of a store replaces: whoever restores
/// one erases again what stands here. It only grows.
/// </summary>
public interface ITombstones
{
    /// <summary>Appends, durable on return. What stands there already may stand there twice.</summary>
    /// <exception cref="Stores.StoreUnavailableException">It cannot be written; nothing counts as appended.</exception>
    ValueTask AppendAsync(IReadOnlyCollection<Hash256> tombstones, CancellationToken ct);

    /// <summary>Everything that was ever appended.</summary>
    /// <exception cref="Stores.StoreUnavailableException">It cannot be read.</exception>
    ValueTask<IReadOnlySet<Hash256>> ReadAsync(CancellationToken ct);
}
