using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Moves;

/// <summary>A pair that a move leaves: rows are read alone, and nothing is written but the mark of the move.</summary>
public interface IDeparture : IAsyncDisposable
{
    /// <summary>The pair's id, 16 bytes.</summary>
    ReadOnlyMemory<byte> PairId { get; }

    /// <summary>What stands there of a move; null for nothing.</summary>
    MoveMark? Mark { get; }

    /// <summary>One of the two stores.</summary>
    IRowStore Of(StoreKind kind);

    /// <summary>
    /// Writes the mark into both stores, or takes it away; durable on return. Where that is cut short, the stores are
    /// fenced.
    /// </summary>
    /// <exception cref="StoreUnavailableException">A store cannot be written.</exception>
    Task MarkAsync(MoveMark? mark);
}
