using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// An X-Wing public key (draft-connolly-cfrg-xwing-kem), 1,216 bytes, compared by value. A key that exists as this type
/// can be sealed to: a malformed one is refused here, and not when its owner's epoch key is due.
/// </summary>
public sealed class KemPublicKey : IEquatable<KemPublicKey>
{
    /// <summary>The length in bytes: 1,216.</summary>
    public const int Size = XWing.PublicKeySize;

    private readonly byte[] _bytes;

    /// <summary>Reads a key from its bytes.</summary>
    /// <exception cref="WireFormatException">
    /// Not 1,216 bytes, an ML-KEM coefficient out of range, or an X25519 part of small order.
    /// </exception>
    public KemPublicKey(ReadOnlySpan<byte> bytes)
    {
        WireFormatException.Require(bytes.Length == Size, "an X-Wing key has 1,216 bytes");
        WireFormatException.Require(XWing.IsSound(bytes), "an X-Wing key is one that can be sealed to");
        _bytes = bytes.ToArray();
        Hash = Hash256.Of(bytes);
    }

    /// <summary>SHA-256 of the key, its name in the sigchain.</summary>
    public Hash256 Hash { get; }

    /// <summary>The 1,216 bytes.</summary>
    public ReadOnlySpan<byte> Span => _bytes;

    /// <inheritdoc/>
    public bool Equals(KemPublicKey? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as KemPublicKey);

    /// <inheritdoc/>
    public override int GetHashCode() => Hash.GetHashCode();

    /// <summary>Whether two keys are the same.</summary>
    public static bool operator ==(KemPublicKey? left, KemPublicKey? right) =>
        left is null ? right is null : left.Equals(right);

    /// <summary>Whether two keys differ.</summary>
    public static bool operator !=(KemPublicKey? left, KemPublicKey? right) => !(left == right);

    /// <summary>The key's hash in base64url.</summary>
    public override string ToString() => Hash.ToString();
}
