using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;

namespace KeyRecovery.Service.Backups;

/// <summary>What a snapshot of the key store consists of (docs/protocol.md §16.2).</summary>
internal abstract record SnapshotRecord
{
    private const int MaxSecret = 128;
    private const int MaxValue = 32 << 20;
    private const int PairIdSize = 16;

    private SnapshotRecord() { }

    /// <summary>The first: whose it is, and when it was begun.</summary>
    public sealed record First(ReadOnlyMemory<byte> PairId, ulong MadeAt) : SnapshotRecord;

    /// <summary>One of the server's own secrets, unwrapped.</summary>
    public sealed record Secret(RowKey Place, ReadOnlyMemory<byte> Value) : SnapshotRecord;

    /// <summary>A row as it lies in the store.</summary>
    public sealed record Stored(Row Row) : SnapshotRecord;

    /// <summary>The last: how many rows there are.</summary>
    public sealed record Last(ulong Rows) : SnapshotRecord;

    public byte[] Encode() => this switch
    {
        First first => new CborOut().Array(4).Text("keys").UInt(1).Bytes(first.PairId.Span)
            .UInt(first.MadeAt).ToArray(),
        Secret secret => new CborOut().Array(3).Text("secret").Bytes(secret.Place.Id.Span)
            .Bytes(secret.Value.Span).ToArray(),
        Stored { Row: var row } =>
            new CborOut().Array(6).Text("row").UInt((ulong)row.Key.Table.Number).Bytes(row.Key.Id.Span)
            .UInt((ulong)row.Version).UInt((ulong)row.WrittenHour).Bytes(row.Value.Span).ToArray(),
        Last last => new CborOut().Array(2).Text("end").UInt(last.Rows).ToArray(),
        _ => throw new InvalidOperationException(),
    };

    /// <exception cref="WireFormatException">Not a record.</exception>
    public static SnapshotRecord Decode(ReadOnlyMemory<byte> bytes) => Decode(bytes, TableRegistry.Default);

    /// <exception cref="WireFormatException">Not a record, or of a table that is not known.</exception>
    public static SnapshotRecord Decode(ReadOnlyMemory<byte> bytes, TableRegistry tables)
    {
        var reader = new CborIn(bytes);
        reader.Array(2, 6);
        SnapshotRecord record = reader.Text(3, 6) switch
        {
            "keys" => ReadFirst(reader),
            "secret" =>
                new Secret(new RowKey(Table.Secrets, reader.Bytes(1, RowKey.MaxIdSize)), reader.Bytes(1, MaxSecret)),
            "row" => ReadRow(reader, tables),
            "end" => new Last(reader.UInt()),
            _ => throw new WireFormatException("a record of a snapshot is due here"),
        };
        reader.End();
        return record;
    }

    private static First ReadFirst(CborIn reader)
    {
        WireFormatException.Require(reader.UInt() == 1, "a snapshot has format 1");
        return new First(reader.Bytes(PairIdSize), reader.UInt());
    }

    private static Stored ReadRow(CborIn reader, TableRegistry tables)
    {
        var table = tables.Find(reader.UInt(255));
        WireFormatException.Require(
            table is not null, "the snapshot's tables are known to this version of KeyRecovery");
        var key = new RowKey(table, reader.Bytes(1, RowKey.MaxIdSize));
        var (version, hour) = ((long)reader.UInt(), (long)reader.UInt());
        return new Stored(new Row(key, reader.Bytes(0, MaxValue), version, hour));
    }
}
