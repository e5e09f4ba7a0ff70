using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Erasure;

/// <summary>A line of a job: whose account, by a keyed hash, and which erasure came of it.</summary>
/// <param name="Subject">The id of the user's lookup: 32 bytes.</param>
/// <param name="State">0 not looked at, 1 erased or about to be, 2 unknown.</param>
/// <param name="KeyRow">The id of the account's key row; empty where there is none.</param>
internal sealed record ErasureJobLine(ReadOnlyMemory<byte> Subject, ulong State, ReadOnlyMemory<byte> KeyRow)
{
    public const ulong Waiting = 0, Found = 1, Unknown = 2;

    public byte[] Encode() => new CborOut().Array(4).Text("erasure-line").Bytes(Subject.Span).UInt(State).Bytes(KeyRow.Span).ToArray();

    public static ErasureJobLine Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        reader.Array(4);
        reader.Label("erasure-line");
        var line = new ErasureJobLine(reader.Bytes(Hash256.Size), reader.UInt(Unknown), reader.Bytes(0, Hash256.Size));
        reader.End();
        return line;
    }
}
