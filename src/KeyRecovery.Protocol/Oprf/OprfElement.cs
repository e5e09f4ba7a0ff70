using System.Diagnostics.CodeAnalysis;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Oprf;

/// <summary>
/// An element of ristretto255 (RFC 9496) as it travels: 32 bytes, compared by value. Only canonical encodings of
/// elements other than the identity exist as this type (RFC 9497 §4.1, DeserializeElement).
/// </summary>
public sealed class OprfElement : IEquatable<OprfElement>
{
    /// <summary>The length in bytes: 32.</summary>
    public const int Size = Ristretto255.Size;

    private readonly byte[] _bytes;

    private OprfElement(byte[] bytes) => _bytes = bytes;

    internal ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Reads an element. False for another length, a non-canonical encoding, or the identity.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out OprfElement? element)
    {
        element = Ristretto255.IsElement(bytes) ? new OprfElement(bytes.ToArray()) : null;
        return element is not null;
    }

    /// <summary>The scalar times the generator, for a scalar that is canonical and not zero.</summary>
    internal static OprfElement OfScalar(ReadOnlySpan<byte> scalar)
    {
        var product = new byte[Size];
        Throw.IfFailed(Ristretto255.TryMultiplyBase(product, scalar) ? 0 : -1, nameof(OfScalar));
        return new OprfElement(product);
    }

    /// <summary>
    /// The scalar times this element, for a scalar that is canonical and not zero: never the identity.
    /// </summary>
    internal OprfElement Multiply(ReadOnlySpan<byte> scalar) => OfProduct(scalar, _bytes);

    /// <summary>The same for an element that is a secret and lies on the stack.</summary>
    internal static OprfElement OfProduct(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> element)
    {
        var product = new byte[Size];
        Throw.IfFailed(Ristretto255.TryMultiply(product, scalar, element) ? 0 : -1, nameof(Multiply));
        return new OprfElement(product);
    }

    /// <summary>The 32 bytes, as a new array.</summary>
    public byte[] ToArray() => [.. _bytes];

    /// <inheritdoc/>
    public bool Equals(OprfElement? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as OprfElement);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    /// <summary>Whether two elements are the same.</summary>
    public static bool operator ==(OprfElement? left, OprfElement? right) =>
        left is null ? right is null : left.Equals(right);

    /// <summary>Whether two elements differ.</summary>
    public static bool operator !=(OprfElement? left, OprfElement? right) => !(left == right);

    /// <summary>Unpadded base64url, 43 characters.</summary>
    public override string ToString() => Base64UrlText.Encode(_bytes);
}
