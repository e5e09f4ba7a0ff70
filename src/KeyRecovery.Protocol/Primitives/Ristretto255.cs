using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// The group ristretto255 (RFC 9496) and its scalar field, by libsodium, in constant time. Elements and scalars have 32
/// bytes; scalars are little-endian. The order is L = 2^252 + 27742317777372353535851937790883648493.
/// </summary>
internal static partial class Ristretto255
{
    public const int Size = 32;
    public const int WideSize = 64;

    static Ristretto255() => Sodium.EnsureInitialized();

    /// <summary>
    /// Whether the bytes are the canonical encoding of an element that is not the identity (RFC 9496 §4.3.1).
    /// </summary>
    public static bool IsElement(ReadOnlySpan<byte> element) =>
        element.Length == Size && crypto_core_ristretto255_is_valid_point(element) == 1 && !IsZero(element);

    /// <summary>Whether the bytes are a scalar below L.</summary>
    public static bool IsScalar(ReadOnlySpan<byte> scalar)
    {
        if (scalar.Length != Size) return false;
        Span<byte> wide = stackalloc byte[WideSize];
        Span<byte> reduced = stackalloc byte[Size];
        wide.Clear();
        scalar.CopyTo(wide);
        crypto_core_ristretto255_scalar_reduce(reduced, wide);
        var same = CryptographicOperations.FixedTimeEquals(reduced, scalar);
        CryptographicOperations.ZeroMemory(wide);
        CryptographicOperations.ZeroMemory(reduced);
        return same;
    }

    /// <summary>Zero as a scalar, the identity as an element.</summary>
    public static bool IsZero(ReadOnlySpan<byte> value)
    {
        var sum = 0;
        foreach (var part in value) sum |= part;
        return sum == 0;
    }

    /// <summary>Element derivation of RFC 9496 §4.3.4 from 64 uniform bytes.</summary>
    public static void FromHash(Span<byte> element, ReadOnlySpan<byte> hash) =>
        Throw.IfFailed(crypto_core_ristretto255_from_hash(element, hash), nameof(crypto_core_ristretto255_from_hash));

    /// <summary>False where the product is the identity or the bytes are no element.</summary>
    public static bool TryMultiply(Span<byte> product, ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> element) =>
        crypto_scalarmult_ristretto255(product, scalar, element) == 0;

    /// <summary>The scalar times the generator. False where the scalar is zero.</summary>
    public static bool TryMultiplyBase(Span<byte> product, ReadOnlySpan<byte> scalar) =>
        crypto_scalarmult_ristretto255_base(product, scalar) == 0;

    /// <summary>The sum, which may be the identity and may lie where a summand does.</summary>
    public static void Add(Span<byte> sum, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        Throw.IfFailed(crypto_core_ristretto255_add(sum, left, right), nameof(crypto_core_ristretto255_add));

    /// <summary>64 bytes modulo L.</summary>
    public static void ScalarReduce(Span<byte> scalar, ReadOnlySpan<byte> wide) =>
        crypto_core_ristretto255_scalar_reduce(scalar, wide);

    public static void ScalarAdd(Span<byte> sum, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        crypto_core_ristretto255_scalar_add(sum, left, right);

    public static void ScalarSubtract(Span<byte> difference, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        crypto_core_ristretto255_scalar_sub(difference, left, right);

    public static void ScalarNegate(Span<byte> negative, ReadOnlySpan<byte> scalar) =>
        crypto_core_ristretto255_scalar_negate(negative, scalar);

    public static void ScalarMultiply(Span<byte> product, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        crypto_core_ristretto255_scalar_mul(product, left, right);

    /// <summary>The inverse of a scalar that is not zero.</summary>
    public static void ScalarInvert(Span<byte> inverse, ReadOnlySpan<byte> scalar) =>
        Throw.IfFailed(
            crypto_core_ristretto255_scalar_invert(inverse, scalar), nameof(crypto_core_ristretto255_scalar_invert));

    [LibraryImport(Sodium.Library)]
    private static partial int crypto_core_ristretto255_is_valid_point(ReadOnlySpan<byte> p);

    [LibraryImport(Sodium.Library)]
    private static partial int crypto_core_ristretto255_from_hash(Span<byte> p, ReadOnlySpan<byte> r);

    [LibraryImport(Sodium.Library)]
    private static partial int crypto_core_ristretto255_add(Span<byte> r, ReadOnlySpan<byte> p, ReadOnlySpan<byte> q);

    [LibraryImport(Sodium.Library)]
    private static partial int crypto_scalarmult_ristretto255(Span<byte> q, ReadOnlySpan<byte> n, ReadOnlySpan<byte> p);

    [LibraryImport(Sodium.Library)]
    private static partial int crypto_scalarmult_ristretto255_base(Span<byte> q, ReadOnlySpan<byte> n);

    [LibraryImport(Sodium.Library)]
    private static partial void crypto_core_ristretto255_scalar_reduce(Span<byte> r, ReadOnlySpan<byte> s);

    [LibraryImport(Sodium.Library)]
    private static partial void crypto_core_ristretto255_scalar_add(
        Span<byte> z, ReadOnlySpan<byte> x, ReadOnlySpan<byte> y);

    [LibraryImport(Sodium.Library)]
    private static partial void crypto_core_ristretto255_scalar_sub(
        Span<byte> z, ReadOnlySpan<byte> x, ReadOnlySpan<byte> y);

    [LibraryImport(Sodium.Library)]
    private static partial void crypto_core_ristretto255_scalar_negate(Span<byte> neg, ReadOnlySpan<byte> s);

    [LibraryImport(Sodium.Library)]
    private static partial void crypto_core_ristretto255_scalar_mul(
        Span<byte> z, ReadOnlySpan<byte> x, ReadOnlySpan<byte> y);

    [LibraryImport(Sodium.Library)]
    private static partial int crypto_core_ristretto255_scalar_invert(Span<byte> recip, ReadOnlySpan<byte> s);
}
