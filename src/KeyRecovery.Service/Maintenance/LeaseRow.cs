using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Maintenance;

/// <summary>Who does a duty.</summary>
/// <param name="Holder">16 random bytes that a process draws as it starts; empty where the duty was given up.</param>
/// <param name="Number">One more with each writing: whoever watches sees that the holder lives.</param>
internal sealed record LeaseRow(ReadOnlyMemory<byte> Holder, ulong Number)
{
    /// <summary>A holder has 16 bytes.</summary>
    public const int HolderSize = 16;

    private const string RowLabel = "lease";
    private const int Fields = 4;

    /// <summary>What a watcher sees first: nobody.</summary>
    public static LeaseRow None { get; } = new(ReadOnlyMemory<byte>.Empty, 0);

    public bool IsFree => Holder.IsEmpty;

    public bool IsOf(ReadOnlyMemory<byte> holder) => Holder.Span.SequenceEqual(holder.Span);

    /// <summary>What a row says; nobody's where there is none, or it is damaged: whoever comes writes it anew.
    /// </summary>
    public static LeaseRow Of(Row? row)
    {
        if (row is null) return None;
        try
        {
            var reader = new CborIn(row.Value);
            reader.OwnStructure(RowLabel, Fields);
            var lease = new LeaseRow(reader.Bytes(0, HolderSize), reader.UInt());
            reader.End();
            return lease;
        }
        catch (WireFormatException)
        {
            return None;
        }
    }

    public byte[] Encode() =>
        new CborOut().Array(Fields).Text(RowLabel).UInt(1).Bytes(Holder.Span).UInt(Number).ToArray();
}
