using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Primitives;

/// <summary><c>[body b, signature b64]</c>: what travels signed.</summary>
internal readonly record struct SignedBody(ReadOnlyMemory<byte> Body, ReadOnlyMemory<byte> Signature)
{
    public static byte[] Sign(SignatureLabel label, byte[] body, SigningKey key) =>
        new CborOut().Array(2).Bytes(body).Bytes(key.Sign(label, body)).ToArray();

    /// <summary>Reads it. Checks the shape only.</summary>
    /// <exception cref="WireFormatException">Not a signed body, or one that is too long.</exception>
    public static SignedBody Decode(ReadOnlyMemory<byte> bytes, int maxBytes)
    {
        WireFormatException.Require(bytes.Length <= maxBytes, "what is signed is shorter");
        var reader = new CborIn(bytes);
        reader.Array(2);
        var body = reader.BytesView(1, maxBytes);
        var signature = reader.BytesView(SigningKey.SignatureSize, SigningKey.SignatureSize);
        reader.End();
        return new SignedBody(body, signature);
    }

    public bool IsSignedBy(VerifyKey key, SignatureLabel label) => key.Verify(label, Body.Span, Signature.Span);
}
