using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Feed;

/// <summary>An event with its place in the log.</summary>
/// <param name="Time">When, in seconds since 1970 by the server's clock.</param>
/// <param name="Leaf">The number of its leaf; <see cref="NoLeaf"/> where it is not logged.</param>
/// <param name="Event">The event.</param>
internal readonly record struct FeedEntry(ulong Time, ulong Leaf, SealedEvent Event)
{
    /// <summary>Of what the log is not told.</summary>
    public const ulong NoLeaf = CborOut.MaxInteger;

    public void Write(CborOut writer) => Event.Write(writer.Array(3).UInt(Time).UInt(Leaf));

    /// <exception cref="WireFormatException">It is none.</exception>
    public static FeedEntry Read(CborIn reader)
    {
        reader.Array(3);
        return new FeedEntry(reader.UInt(), reader.UInt(), SealedEvent.Read(reader));
    }
}
