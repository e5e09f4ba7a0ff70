using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Linking;

/// <summary>Where a nameplate leads.</summary>
/// <param name="Session">The session.</param>
/// <param name="Expires">From when on somebody else may take it, whether that session is there or not.</param>
internal sealed record LinkNameRow(LinkSessionId Session, DateTimeOffset Expires)
{
    private const string RowLabel = "link-name";
    private const int Fields = 4;

    public byte[] Encode() => new CborOut().Array(Fields).Text(RowLabel).UInt(1)
        .Bytes(Session.ToArray()).UInt((ulong)Expires.ToUnixTimeMilliseconds()).ToArray();

    /// <exception cref="WireFormatException">The row is damaged.</exception>
    public static LinkNameRow Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.OwnStructure(RowLabel, Fields);
        var name = new LinkNameRow(
            new LinkSessionId(reader.Bytes(16)), DateTimeOffset.FromUnixTimeMilliseconds((long)reader.UInt()));
        reader.End();
        return name;
    }
}
