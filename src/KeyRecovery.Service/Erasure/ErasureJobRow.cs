using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Erasure;

/// <summary>An operator's job: how many lines it has, and up to which they were looked at.</summary>
/// <param name="App">The app.</param>
/// <param name="RequestedAt">When it was filed, in seconds since 1970.</param>
/// <param name="Lines">How many lines name a user.</param>
/// <param name="Upload">What the ids of its lines begin with: 16 bytes.</param>
/// <param name="Done">The number of the last line that was looked at.</param>
/// <param name="Last">The number of the last line.</param>
internal sealed record ErasureJobRow(string App, ulong RequestedAt, ulong Lines, ReadOnlyMemory<byte> Upload, ulong Done, ulong Last)
{
    public byte[] Encode() => new CborOut().Array(7).Text("erasure-job").Text(App).UInt(RequestedAt).UInt(Lines).Bytes(Upload.Span).UInt(Done).UInt(Last).ToArray();

    public static ErasureJobRow Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        reader.Array(7);
        reader.Label("erasure-job");
        var row = new ErasureJobRow(reader.Text(1, Limits.AppIdLength), reader.UInt(), reader.UInt(), reader.Bytes(16), reader.UInt(), reader.UInt());
        reader.End();
        return row;
    }
}
