using System.ComponentModel;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using NSec.Cryptography;

namespace KeyRecovery;

/// <summary>
/// An Ed25519 public key (RFC 8032 §5.1), 32 bytes, compared by value. Only canonical encodings of points in the
/// prime-order group exist as this type: with a point of small order, or with such a component, one signature could
/// hold for many messages, and verifiers would disagree.
/// </summary>
public sealed class VerifyKey : IEquatable<VerifyKey>
{
    /// <summary>The length in bytes: 32.</summary>
    public const int Size = 32;

    private readonly byte[] _bytes;
    private readonly PublicKey _key;

    /// <summary>Reads a key from its bytes.</summary>
    /// <exception cref="WireFormatException">Not 32 bytes, not canonical, not on the curve, or not of prime
    /// order.</exception>
    public VerifyKey(ReadOnlySpan<byte> bytes)
    {
        WireFormatException.Require(bytes.Length == Size, "an Ed25519 key has 32 bytes");
        WireFormatException.Require(
            Sodium.IsValidEd25519Point(bytes), "an Ed25519 key is a canonical point of prime order");
        _bytes = bytes.ToArray();
        _key = PublicKey.Import(SignatureAlgorithm.Ed25519, bytes, KeyBlobFormat.RawPublicKey);
    }

    private VerifyKey(byte[] bytes, PublicKey key)
    {
        _bytes = bytes;
        _key = key;
    }

    private VerifyKey(PublicKey key)
    {
        _bytes = key.Export(KeyBlobFormat.RawPublicKey);
        _key = key;
    }

    /// <summary>
    /// Reads a key that was checked when it came in and that was kept sealed since: the check of the point, most of the
    /// cost, is left out.
    /// </summary>
    /// <exception cref="WireFormatException">Not 32 bytes.</exception>
    public static VerifyKey FromChecked(ReadOnlySpan<byte> bytes)
    {
        WireFormatException.Require(bytes.Length == Size, "an Ed25519 key has 32 bytes");
        return new VerifyKey(
            bytes.ToArray(), PublicKey.Import(SignatureAlgorithm.Ed25519, bytes, KeyBlobFormat.RawPublicKey));
    }

    /// <summary>
    /// Reads a key; <paramref name="known"/> where the bytes are its own, since its point was checked before.
    /// </summary>
    /// <exception cref="WireFormatException">As the constructor's.</exception>
    internal static VerifyKey Read(ReadOnlySpan<byte> bytes, VerifyKey? known) =>
        known is not null && bytes.SequenceEqual(known._bytes) ? known : new VerifyKey(bytes);

    /// <summary>The public half of a key that was made here, which needs no check.</summary>
    internal static VerifyKey Of(PublicKey key) => new(key);

    /// <summary>
    /// Whether <paramref name="signature"/> is this key's over label, zero byte and body. Strict: a signature of
    /// another length, with S ≥ L or with an R of small order is false.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public bool Verify(SignatureLabel label, ReadOnlySpan<byte> body, ReadOnlySpan<byte> signature) =>
        VerifyRaw(label.Frame(body), signature);

    /// <summary>Whether <paramref name="signature"/> is this key's over an RFC 9421 signature base.</summary>
    public bool VerifyHttp(ReadOnlySpan<byte> signatureBase, ReadOnlySpan<byte> signature) =>
        VerifyRaw(signatureBase, signature);

    /// <summary>Whether <paramref name="signature"/> is this key's over the text of a note.</summary>
    internal bool VerifyNote(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) => VerifyRaw(text, signature);

    private bool VerifyRaw(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        signature.Length == SigningKey.SignatureSize && SignatureAlgorithm.Ed25519.Verify(_key, data, signature);

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    /// <summary>The 32 bytes, as a new array.</summary>
    public byte[] ToArray() => [.. _bytes];

    /// <inheritdoc/>
    public bool Equals(VerifyKey? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as VerifyKey);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    /// <summary>Whether two keys are the same.</summary>
    public static bool operator ==(VerifyKey? left, VerifyKey? right) =>
        left is null ? right is null : left.Equals(right);

    /// <summary>Whether two keys differ.</summary>
    public static bool operator !=(VerifyKey? left, VerifyKey? right) => !(left == right);

    /// <summary>Unpadded base64url, 43 characters.</summary>
    public override string ToString() => Base64UrlText.Encode(_bytes);
}
