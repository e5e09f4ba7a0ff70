using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;

namespace KeyRecovery.Service.Log;

/// <summary>One entry of an account's activity.</summary>
/// <param name="Decider">The table of the row that decided the change.</param>
/// <param name="Version">The version that it made of that row: from both comes the salt of its leaf.</param>
/// <param name="Detail">The detail, as the leaf commits to it.</param>
internal sealed record ActivityEntry(Table Decider, long Version, ReadOnlyMemory<byte> Detail)
{
    private const int MaxDetail = 768;

    public byte[] Encode() => new CborOut().Array(3)
        .UInt((ulong)Decider.Number).UInt((ulong)Version).Bytes(Detail.Span).ToArray();

    /// <exception cref="WireFormatException">It is damaged.</exception>
    public static ActivityEntry Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        reader.Array(3);
        var decider = TableRegistry.Default.Find(reader.UInt());
        WireFormatException.Require(decider is { Decides: true }, "an entry's decider decides");
        var entry = new ActivityEntry(decider, (long)reader.UInt(), reader.Bytes(1, MaxDetail));
        reader.End();
        return entry;
    }
}
