using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Moves;

/// <summary>A pair that a move fills, or the places where it will be.</summary>
public interface IArrival : IAsyncDisposable
{
    /// <summary>The id of the pair that is there; null where none is.</summary>
    ReadOnlyMemory<byte>? PairId { get; }

    /// <summary>What stands there of a move; null for nothing, and where somebody has opened the pair.</summary>
    MoveMark? Mark { get; }

    /// <summary>What lies there, a name each, though there is no pair; null for nothing.</summary>
    Task<string?> FindStrangerAsync(CancellationToken ct);

    /// <summary>One of the two stores, once the pair is there.</summary>
    IRowStore Of(StoreKind kind);

    /// <summary>Whether a value is small enough.</summary>
    bool Takes(RowKey key, int valueSize);

    /// <summary>What a row costs in the store's own unit: to write it, and to read it twice.</summary>
    double ChargeOf(RowKey key, int valueSize);

    /// <summary>
    /// Makes what is missing of the pair, so that nobody opens it. Harmless to repeat with the same id and mark.
    /// </summary>
    /// <exception cref="StoreOpenException">Another pair came there meanwhile.</exception>
    /// <exception cref="StoreUnavailableException">A store cannot be written.</exception>
    Task BeginAsync(ReadOnlyMemory<byte> pairId, MoveMark mark);

    /// <summary>Everything that lies in a store, once and in no order, but for what says which pair it is.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    IAsyncEnumerable<StoredName> ListAsync(StoreKind kind, CancellationToken ct);

    /// <summary>Writes another mark, where the one that was read is still there.</summary>
    /// <exception cref="StoreOpenException">It is not: somebody has opened the pair.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task MarkAsync(MoveMark mark);
}
