using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Log;

/// <summary>
/// A change that waits for the log. It lies in the store of the row that decides it, is written before that row, and
/// nothing of it is sealed: an erasure must not keep it from being appended (docs/storage.md §7).
/// </summary>
/// <param name="Previous">The change before it that the same row decided; none where there is none.</param>
/// <param name="Decider">The row that decides it.</param>
/// <param name="Version">The version that the change makes of that row.</param>
/// <param name="Leaf">The leaf, encoded.</param>
/// <param name="Events">What the app is told of it, as a <see cref="Feed.AppEventStub"/>; empty where that is nothing.
/// </param>
internal sealed record OutboxRow(
    ChangeId Previous, RowKey Decider, long Version, ReadOnlyMemory<byte> Leaf, ReadOnlyMemory<byte> Events = default)
{
    private const string RowLabel = "outbox";
    private const int Fields = 8;
    private const ulong Layout = 2;

    /// <summary>Where it is.</summary>
    public static RowKey Place(StoreKind store, ChangeId id) =>
        new(store == StoreKind.Data ? Table.Outbox : Table.KeyOutbox, id.ToArray());

    /// <summary>The step that writes it, before that of the deciding row.</summary>
    public RowWrite Write(ChangeId id) => new RowWrite.Create(Place(Decider.Table.Store, id), Encode());

    public byte[] Encode() => new CborOut().Array(Fields).Text(RowLabel).UInt(Layout)
        .Bytes(Previous.ToArray()).UInt((ulong)Decider.Table.Number).Bytes(Decider.Id.Span).UInt((ulong)Version)
        .Bytes(Leaf.Span).Bytes(Events.Span).ToArray();

    /// <exception cref="WireFormatException">The row is damaged.</exception>
    public static OutboxRow Decode(Row stored, Tables.TableRegistry tables)
    {
        var reader = new CborIn(stored.Value);
        // The first layout is of before there were feeds.
        var layout = reader.OwnLayout(RowLabel, Fields - 1, Fields);
        var previous = ChangeId.Read(reader.BytesView(ChangeId.Size, ChangeId.Size).Span);
        var table = tables.Find(reader.UInt());
        WireFormatException.Require(
            table is { Decides: true } && table.Store == stored.Key.Table.Store, "an outbox row's decider decides");
        var row = new OutboxRow(
            previous, new RowKey(table, reader.Bytes(1, RowKey.MaxIdSize)), (long)reader.UInt(),
            reader.Bytes(1, LogHead.MaxLeaf), layout == 1 ? [] : reader.Bytes(0, AppEventStub.MaxSize));
        reader.End();
        return row;
    }
}
