using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rows;

/// <summary>Entries that move from an account's row to the chunks of one of its lists.</summary>
/// <param name="Name">The newest chunk after it.</param>
/// <param name="Writes">Chunks to write.</param>
/// <param name="Superseded">The chunk in whose place another comes; null where there is none.</param>
internal sealed record ListAppend(Hash256 Name, IReadOnlyList<RowWrite> Writes, RowKey? Superseded)
{
    /// <param name="data">The data store.</param>
    /// <param name="rows">The account's rows.</param>
    /// <param name="table">The list.</param>
    /// <param name="newest">Its newest chunk; null where there is none.</param>
    /// <param name="entries">What comes behind it.</param>
    /// <param name="size">How large a chunk grows.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Null where that chunk has been replaced since the account row was read.</returns>
    public static async ValueTask<ListAppend?> OfAsync(
        IDataStore data, AccountRows rows, Table table, Hash256? newest,
        IReadOnlyList<(ulong, ReadOnlyMemory<byte>)> entries, ChunkSize size, CancellationToken ct)
    {
        var chunk = newest is { } known ? await data.FindAsync(rows, table, known, ct) : null;
        if (newest is not null && chunk is null) return null;
        var (name, writes) = (default(Hash256), new List<RowWrite>());
        var made = Chunk.Append(chunk, entries, size);
        foreach (var one in made)
        {
            var encoded = one.Encode();
            name = Hash256.Of(encoded);
            writes.Add(rows.Ensure(rows.Named(table, name), encoded));
        }

        // One that was full stays: the first new one stands behind it.
        var isSuperseded = newest is not null && made[0].First == chunk!.First;
        return new ListAppend(name, writes, isSuperseded ? rows.Named(table, newest!.Value) : null);
    }
}
