namespace KeyRecovery.Protocol.Wire;

/// <summary>
/// The HTTP fields that the protocol defines or profiles (docs/protocol.md §9.5), as they are written.
/// </summary>
public static class HeaderNames
{
    /// <summary>What a request signature covers, and when and by whom it was made (RFC 9421).</summary>
    public const string SignatureInput = "Signature-Input";

    /// <summary>The request's signature (RFC 9421).</summary>
    public const string Signature = "Signature";

    /// <summary>SHA-256 of the request's body (RFC 9530).</summary>
    public const string ContentDigest = "Content-Digest";

    /// <summary>Where a link session was claimed from.</summary>
    public const string PeerNetwork = "Peer-Network";

    /// <summary>How long a held erasure still waits, in milliseconds.</summary>
    public const string ErasureDueIn = "Erasure-Due-In";
}
