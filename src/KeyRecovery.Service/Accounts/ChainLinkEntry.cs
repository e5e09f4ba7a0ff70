using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Clocks;

namespace KeyRecovery.Service.Accounts;

/// <summary>A link as a chunk keeps it.</summary>
/// <param name="TakenHour">When this server took it: seconds since 1970 divided by 3,600. What a link says of time only
/// informs.</param>
/// <param name="Link">The signed link.</param>
internal readonly record struct ChainLinkEntry(ulong TakenHour, ReadOnlyMemory<byte> Link)
{
    public static ChainLinkEntry Of(SignedChainLink link, Moment now) => new(now.Latest / 3600, link.Bytes);

    public byte[] Encode() => new CborOut().Array(2).UInt(TakenHour).Bytes(Link.Span).ToArray();

    /// <summary>Reads an entry; the link is a slice of it.</summary>
    public static ChainLinkEntry Decode(ReadOnlyMemory<byte> entry)
    {
        var reader = new CborIn(entry);
        reader.Array(2);
        var decoded = new ChainLinkEntry(reader.UInt(), reader.BytesView(1, Limits.SignedLinkBytes));
        reader.End();
        return decoded;
    }
}
