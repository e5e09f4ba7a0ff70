namespace KeyRecovery.Service.Stores;

/// <summary>One step of a write: a change with its precondition. Each step sees what the steps before it did.</summary>
public abstract record RowWrite
{
    private RowWrite(RowKey key) => Key = key;

    /// <summary>The row.</summary>
    public RowKey Key { get; }

    /// <summary>Writes a new row with version 1. Refused if the row is present.</summary>
    public sealed record Create(RowKey Key, ReadOnlyMemory<byte> Value) : RowWrite(Key);

    /// <summary>Writes a row with version 1 unless it is present: for rows whose id names their content.</summary>
    public sealed record Ensure(RowKey Key, ReadOnlyMemory<byte> Value) : RowWrite(Key);

    /// <summary>Writes version <paramref name="ExpectedVersion"/> + 1. Refused if the row is absent or has another version.</summary>
    public sealed record Replace(RowKey Key, ReadOnlyMemory<byte> Value, long ExpectedVersion) : RowWrite(Key);

    /// <summary>Deletes the row. Refused if it is absent or has another version.</summary>
    public sealed record Delete(RowKey Key, long ExpectedVersion) : RowWrite(Key);

    /// <summary>Deletes the row if it is present.</summary>
    public sealed record Remove(RowKey Key) : RowWrite(Key);

    /// <summary>Writes nothing. Refused if the row has another version; 0 demands that it is absent.</summary>
    public sealed record Require(RowKey Key, long ExpectedVersion) : RowWrite(Key);
}
