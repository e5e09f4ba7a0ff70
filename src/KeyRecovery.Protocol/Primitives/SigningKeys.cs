using System.Diagnostics;
using KeyRecovery.Protocol.Wire;
using NSec.Cryptography;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// An Ed25519 private key (RFC 8032 §5.1). It signs only labelled objects and request signatures; there is no way to
/// have it sign bytes of somebody's choice. Lies in libsodium's guarded memory, is zeroed on disposal, prints
/// <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class SigningKey : IDisposable
{
    /// <summary>The length of a seed in bytes: 32.</summary>
    public const int SeedSize = 32;

    /// <summary>The length of a signature in bytes: 64.</summary>
    public const int SignatureSize = 64;

    private readonly Key _key;

    private SigningKey(Key key, VerifyKey publicKey)
    {
        _key = key;
        PublicKey = publicKey;
    }

    /// <summary>The public half; usable after disposal.</summary>
    public VerifyKey PublicKey { get; }

    /// <summary>Makes the key of a seed of 32 bytes. The caller zeroes the seed.</summary>
    public static SigningKey FromSeed(ReadOnlySpan<byte> seed32)
    {
        Throw.IfNotLength(seed32.Length, SeedSize, nameof(seed32));
        var key = Key.Import(SignatureAlgorithm.Ed25519, seed32, KeyBlobFormat.RawPrivateKey);
        return new SigningKey(key, VerifyKey.Of(key.PublicKey));
    }

    /// <summary>Signs the label, a zero byte and the body. Deterministic; 64 bytes.</summary>
    /// <exception cref="ObjectDisposedException">The key is gone.</exception>
    public byte[] Sign(SignatureLabel label, ReadOnlySpan<byte> body) => SignRaw(label.Frame(body));

    /// <summary>
    /// Signs an RFC 9421 signature base, whose form cannot collide with a label's. For an HTTP message signature alone.
    /// </summary>
    internal byte[] SignHttp(ReadOnlySpan<byte> signatureBase) => SignRaw(signatureBase);

    /// <summary>
    /// Signs the text of a note (C2SP signed-note), or what a cosignature stands for (C2SP tlog-cosignature): bytes
    /// that begin with a line of printable text, as no label's do, which end in a zero. For keys of logs and witnesses
    /// alone.
    /// </summary>
    internal byte[] SignNote(ReadOnlySpan<byte> text) => SignRaw(text);

    private byte[] SignRaw(ReadOnlySpan<byte> data) => SignatureAlgorithm.Ed25519.Sign(_key, data);

    /// <summary>Zeroes the key.</summary>
    public void Dispose() => _key.Dispose();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}

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
