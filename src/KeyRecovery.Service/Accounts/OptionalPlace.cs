using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Accounts;

/// <summary>A link's place in a server row, or none: an array of two or of nothing.</summary>
internal static class OptionalPlace
{
    public static void Write(CborOut writer, ChainPlace? place)
    {
        if (place is { } p) writer.Array(2).UInt(p.Sequence).Bytes(p.Hash);
        else writer.Array(0);
    }

    public static ChainPlace? Read(CborIn reader) =>
        reader.Array(0, 2) == 0 ? null : new ChainPlace(reader.UInt(), reader.Hash());
}
