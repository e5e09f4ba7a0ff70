using System.Buffers.Binary;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Log;

/// <summary>
/// Where in the log a leaf stands, and up to which size the data store has followed it. A leaf that has a place is
/// never appended again, also where a restored store brings its outbox row back.
/// </summary>
internal sealed class LogIndex(IDataStore data)
{
    // In place of a number: it stands in a log that its operator has lost.
    private const ulong Elsewhere = ulong.MaxValue;

    private static readonly RowKey Mark = new(Table.LogMark, "mark"u8.ToArray());

    /// <summary>A leaf's place in this log; null where it has none.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<ulong?> FindAsync(Hash256 leaf, CancellationToken ct) =>
        await data.ReadAsync(PlaceOf(leaf), ct) is { } row && Number(row) is not Elsewhere and var index ? index : null;

    /// <summary>Whether it was appended, to this log or to one before it that was lost.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<bool> WasAppendedAsync(Hash256 leaf, CancellationToken ct) =>
        await data.HeadAsync(PlaceOf(leaf), ct) is not null;

    /// <summary>The step that gives a leaf its place.</summary>
    public static RowWrite Ensure(Hash256 leaf, ulong index) => new RowWrite.Ensure(PlaceOf(leaf), Bytes(index));

    /// <summary>Up to which size all leaves have their place.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<ulong> FollowedAsync(CancellationToken ct) =>
        await data.ReadAsync(Mark, ct) is { } row ? Number(row) : 0;

    /// <summary>
    /// Remembers that they have. Of two instances the slower one may set it back: a start then reads again what is
    /// there.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot do it.</exception>
    public async ValueTask FollowAsync(ulong size, CancellationToken ct)
    {
        if (await data.WriteAsync([new RowWrite.Ensure(Mark, Bytes(size))], ct)
            is WriteResult.Unavailable(_, var reason))
            throw new StoreUnavailableException(reason, "the place in the log cannot be remembered");
    }

    /// <summary>Takes all places for those of a log that is lost; that they were appended is remembered.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot do it.</exception>
    public async ValueTask LoseAsync(CancellationToken ct)
    {
        var writes = new List<RowWrite>();
        await foreach (var row in data.ScanAsync(Table.LogIndex, ct))
            writes.Add(new RowWrite.Ensure(row.Key, Bytes(Elsewhere)));
        writes.Add(new RowWrite.Remove(Mark));
        foreach (var some in writes.Chunk(LogHead.MaxBatch))
            if (await data.WriteAsync(some, ct) is WriteResult.Unavailable(_, var reason))
                throw new StoreUnavailableException(reason, "the places in the lost log cannot be marked");
    }

    private static RowKey PlaceOf(Hash256 leaf) => new(Table.LogIndex, leaf.ToArray());

    private static byte[] Bytes(ulong number)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        return bytes;
    }

    private static ulong Number(Row row) => BinaryPrimitives.ReadUInt64BigEndian(row.Value.Span);
}
