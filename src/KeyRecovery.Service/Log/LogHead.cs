using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Log;

/// <summary>
/// The head of the log, one row of the key store. Its conditional replacement is the only way to append, and the only
/// fence between two who would (docs/storage.md §7): all else is made of it afterwards, as often as need be.
/// </summary>
/// <param name="Origin">The log's name, the first line of its checkpoints; never another one.</param>
/// <param name="Edge">Size and right edge of the tree.</param>
/// <param name="Note">The signed checkpoint of this size.</param>
/// <param name="Told">What the log has told of itself.</param>
/// <param name="Last">The leaves that came with it, the oldest first.</param>
internal sealed record LogHead(
    string Origin, MerkleEdge Edge, ReadOnlyMemory<byte> Note, ToldOfItself Told, ImmutableArray<BatchLeaf> Last)
{
    /// <summary>The most leaves that are appended at once: as many as a tile has.</summary>
    public const int MaxBatch = 256;

    /// <summary>The most bytes of a leaf.</summary>
    public const int MaxLeaf = 1024;

    // What a batch tells the apps is as large as this, or of one change.
    private const int MaxBatchEvents = 256 * 1024;

    private const string RowLabel = "log-head";
    private const int Fields = 7;
    private const ulong Layout = 2;
    private const int MaxOrigin = 256;
    private const int MaxNote = 64 * 1024;
    private const int MaxEdge = 64;

    /// <summary>Where it is.</summary>
    public static RowKey Place { get; } = new(Table.LogHeads, "head"u8.ToArray());

    /// <summary>How many leaves the log has.</summary>
    public ulong Size => Edge.Size;

    /// <summary>How many it had before the last batch.</summary>
    public ulong Before => Size - (ulong)Last.Length;

    /// <summary>Leaves in batches that fit into a row with what they tell the apps.</summary>
    public static IEnumerable<BatchLeaf[]> Batches(IReadOnlyList<BatchLeaf> leaves)
    {
        var (batch, bytes) = (new List<BatchLeaf>(), 0);
        foreach (var leaf in leaves)
        {
            if (batch.Count == MaxBatch || (batch.Count > 0 && bytes + leaf.Events.Length > MaxBatchEvents))
            {
                yield return [.. batch];
                batch.Clear();
                bytes = 0;
            }

            batch.Add(leaf);
            bytes += leaf.Events.Length;
        }

        if (batch.Count > 0) yield return [.. batch];
    }

    public byte[] Encode()
    {
        var writer = new CborOut().Array(Fields).Text(RowLabel).UInt(Layout).Text(Origin);
        writer.Array(2).UInt(Size).Array(Edge.Hashes.Length);
        foreach (var hash in Edge.Hashes) writer.Bytes(hash);
        Told.Write(writer.Bytes(Note.Span)).Array(Last.Length);
        foreach (var leaf in Last)
            writer.Array(4).UInt((ulong)leaf.Outbox.Table.Number).Bytes(leaf.Outbox.Id.Span).Bytes(leaf.Leaf.Span)
                .Bytes(leaf.Events.Span);
        return writer.ToArray();
    }

    /// <exception cref="WireFormatException">The row is damaged.</exception>
    public static LogHead Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        // The first layout is of before there were feeds.
        var layout = reader.OwnLayout(RowLabel, Fields, Fields);
        var origin = reader.Text(1, MaxOrigin);
        reader.Array(2);
        var size = reader.UInt();
        var hashes = ImmutableArray.CreateBuilder<Hash256>(reader.Array(0, MaxEdge));
        for (var left = hashes.Capacity; left > 0; left--) hashes.Add(reader.Hash());
        var (note, told) = (reader.Bytes(1, MaxNote), ToldOfItself.Read(reader));
        var last = ImmutableArray.CreateBuilder<BatchLeaf>(reader.Array(0, MaxBatch));
        for (var left = last.Capacity; left > 0; left--)
        {
            reader.Array(layout == 1 ? 3 : 4);
            var table = reader.UInt() == (ulong)Table.Outbox.Number ? Table.Outbox : Table.KeyOutbox;
            last.Add(new BatchLeaf(
                new RowKey(table, reader.Bytes(ChangeId.Size, ChangeId.Size)), reader.Bytes(1, MaxLeaf),
                layout == 1 ? [] : reader.Bytes(0, AppEventStub.MaxSize)));
        }

        reader.End();
        return new LogHead(
            origin, MerkleEdge.Of(size, hashes.MoveToImmutable()), note, told, last.MoveToImmutable());
    }
}

/// <summary>A leaf of the last batch.</summary>
/// <param name="Outbox">The outbox row that it comes from.</param>
/// <param name="Leaf">The leaf, encoded.</param>
/// <param name="Events">What the app is told of it, as a <see cref="AppEventStub"/>; empty where that is nothing.
/// </param>
internal readonly record struct BatchLeaf(
    RowKey Outbox, ReadOnlyMemory<byte> Leaf, ReadOnlyMemory<byte> Events = default);
