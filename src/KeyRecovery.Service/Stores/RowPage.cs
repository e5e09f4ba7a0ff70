using System.Collections.Immutable;

namespace KeyRecovery.Service.Stores;

/// <summary>A page of the rows of one owner.</summary>
/// <param name="Rows">The rows, in an order of the store's own.</param>
/// <param name="Next">Where the next page begins: bytes that only the same store reads, at most some KiB; empty where
/// this is the last.</param>
public sealed record RowPage(ImmutableArray<Row> Rows, ReadOnlyMemory<byte> Next);
