namespace KeyRecovery.Service.Linking;

/// <summary>What came of waiting for a message.</summary>
public abstract record LinkRead
{
    private LinkRead() { }

    /// <summary>It is there.</summary>
    /// <param name="Bytes">At most 8,192 bytes, as the other side wrote them; not to be changed.</param>
    public sealed record Message(ReadOnlyMemory<byte> Bytes) : LinkRead
    {
        /// <summary>
        /// With the new side's first message, for the existing side alone: the network that claimed; else null.
        /// </summary>
        public string? PeerNetwork { get; init; }
    }

    /// <summary>None came in time.</summary>
    public sealed record NoneYet : LinkRead;
}
