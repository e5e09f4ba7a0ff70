using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Http;

/// <summary>A request signature in the one form that <see cref="HttpSignature"/> admits; not verified yet.</summary>
public sealed class ParsedSignature
{
    private readonly string _parameters;

    internal ParsedSignature(KeyId keyId, long created, byte[] signature, string parameters)
    {
        KeyId = keyId;
        Created = created;
        Signature = signature;
        _parameters = parameters;
    }

    /// <summary>Who claims to have signed.</summary>
    public KeyId KeyId { get; }

    /// <summary>When, in seconds since 1970 (UTC), by the signer's clock.</summary>
    public long Created { get; }

    /// <summary>The Ed25519 signature, 64 bytes.</summary>
    public byte[] Signature { get; }

    /// <summary>The bytes that must have been signed for this request.</summary>
    /// <exception cref="WireFormatException">A part that no request can have, such as a line break in the
    /// path.</exception>
    public byte[] SignatureBase(HttpRequestParts parts) => HttpSignature.Base(parts, _parameters);
}
