using System.Buffers.Binary;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Oprf;

/// <summary>
/// Lagrange coefficients over the scalar field. Indices are public and at most <see cref="OprfKeyShares.MaxRealms"/>,
/// so that products of eight differences fit in 64 bits and nothing needs constant time.
/// </summary>
internal static class Lagrange
{
    /// <summary>
    /// The weight of the value at <c>indices[own]</c> for the polynomial's value at <paramref name="at"/>.
    /// </summary>
    public static void Coefficient(Span<byte> coefficient, ReadOnlySpan<int> indices, int own, int at)
    {
        var (numerator, denominator) = (1L, 1L);
        for (var other = 0; other < indices.Length; other++)
        {
            if (other == own) continue;
            numerator *= at - indices[other];
            denominator *= indices[own] - indices[other];
        }

        Span<byte> inverse = stackalloc byte[Ristretto255.Size];
        Number(coefficient, denominator);
        Ristretto255.ScalarInvert(inverse, coefficient);
        Number(coefficient, numerator);
        Ristretto255.ScalarMultiply(coefficient, coefficient, inverse);
    }

    /// <summary>A small number, also a negative one, as a scalar.</summary>
    public static void Number(Span<byte> scalar, long number)
    {
        scalar.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(scalar, Math.Abs(number));
        if (number < 0) Ristretto255.ScalarNegate(scalar, scalar);
    }
}
