namespace KeyRecovery.Service.Stores;

/// <summary>One step of a write. Each step sees what the steps before it did.</summary>
public abstract record RowWrite
{
    private RowWrite(RowKey key) => Key = key;

    /// <summary>The row.</summary>
    public RowKey Key { get; }

    /// <summary>Writes a new row with version 1. Refused if the row is present.</summary>
    public sealed record Create(RowKey Key, ReadOnlyMemory<byte> Value) : RowWrite(Key);

    /// <summary>
    /// Writes a row as it was in another store, its version and hour with it, since values are sealed with them.
    /// Refused if the row is present. Its token is another one.
    /// </summary>
    public sealed record Import(Row Row) : RowWrite(Row.Key);

    /// <summary>
    /// Writes a row with version 1 whether it is present or not: for rows whose id names their content. What is found
    /// is written again, so that its token moves, and whoever is about to delete it by the token of before is refused.
    /// </summary>
    public sealed record Ensure(RowKey Key, ReadOnlyMemory<byte> Value) : RowWrite(Key);

    /// <summary>
    /// Writes the version after that of the row as it was read. Refused if it was written or deleted since.
    /// </summary>
    public sealed record Replace(Row Was, ReadOnlyMemory<byte> Value) : RowWrite(Was.Key);

    /// <summary>Deletes the row as it was read. Refused if it was written or deleted since.</summary>
    public sealed record Delete(Row Was) : RowWrite(Was.Key);

    /// <summary>
    /// Deletes the row if it is present: for rows whose owner is gone, or whose id names content that nobody can come
    /// to name again.
    /// </summary>
    public sealed record Remove(RowKey Key) : RowWrite(Key);
}
