using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Rows;

/// <summary>Reads lists of chunks.</summary>
internal static class Chunks
{
    /// <summary>
    /// Reads a chunk that the account row, or a later chunk, names; null where another request has replaced it since.
    /// </summary>
    public static async ValueTask<Chunk?> FindAsync(
        this IDataStore data, AccountRows rows, Table table, Hash256 name, CancellationToken ct) =>
        await data.FindAsync(rows, rows.Named(table, name), ct) is { } chunk ? Chunk.Decode(chunk) : null;

    /// <summary>The chunk that has the entry of a number; null where it is gone.</summary>
    public static async ValueTask<Chunk?> FindHoldingAsync(
        this IDataStore data, AccountRows rows, Table table, Chunk newest, ulong number, CancellationToken ct)
    {
        if (number >= newest.First) return newest;
        for (var i = newest.Before.Length - 1; i >= 0; i--)
            if (newest.Before[i].First <= number) return await data.FindAsync(rows, table, newest.Before[i].Name, ct);
        return null;
    }
}
