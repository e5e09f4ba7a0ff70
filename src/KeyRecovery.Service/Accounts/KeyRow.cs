using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Keys;

namespace KeyRecovery.Service.Accounts;

/// <summary>
/// An account's row in the key store: the gate that every request passes, read each time and never cached.
/// </summary>
/// <param name="State">Pending, live or erased.</param>
/// <param name="Kek">Which key of the ring wraps the subject key.</param>
/// <param name="WrappedSubjectKey">The subject key under that KEK; empty once erased.</param>
/// <param name="MinChain">The newest link that removed somebody: no restored chain may fall behind it.</param>
/// <param name="Since">When the row was made, in seconds since 1970.</param>
public sealed record KeyRow(
    KeyRowState State, KekId Kek, ReadOnlyMemory<byte> WrappedSubjectKey, ChainPlace? MinChain, ulong Since)
{
    private const string RowLabel = "key-row";

    internal byte[] Encode()
    {
        var writer = new CborOut().Array(7).Text(RowLabel).UInt(1)
            .UInt((ulong)State).UInt(Kek.Value).Bytes(WrappedSubjectKey.Span);
        OptionalPlace.Write(writer, MinChain);
        return writer.UInt(Since).ToArray();
    }

    internal static KeyRow Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.OwnStructure(RowLabel, 7);
        var decoded = new KeyRow(
            (KeyRowState)reader.UInt(3), new KekId((uint)reader.UInt(uint.MaxValue)), reader.Bytes(0, 128),
            OptionalPlace.Read(reader), reader.UInt());
        reader.End();
        return decoded;
    }
}
