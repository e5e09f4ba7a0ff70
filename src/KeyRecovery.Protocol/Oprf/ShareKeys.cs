using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Oprf;

/// <summary>The public halves of a shared OPRF key (docs/protocol.md §14.2).</summary>
public static class ShareKeys
{
    /// <summary>
    /// Whether the keys, the <em>i</em>-th at index <em>i</em> from 1, lie on one polynomial of degree
    /// <paramref name="threshold"/> − 1: from the first <paramref name="threshold"/> follow each of the others, and a
    /// key of the whole that is not the identity. False as well for a threshold or a number of keys that cannot be.
    /// </summary>
    public static bool AreConsistent(IReadOnlyList<OprfElement> keys, int threshold)
    {
        if (keys.Count > OprfKeyShares.MaxRealms || threshold < 1 || threshold > keys.Count) return false;
        Span<int> indices = stackalloc int[threshold];
        for (var i = 0; i < threshold; i++) indices[i] = i + 1;

        Span<byte> value = stackalloc byte[Ristretto255.Size];
        Interpolate(value, keys, indices, 0);
        if (Ristretto255.IsZero(value)) return false;
        for (var i = threshold; i < keys.Count; i++)
        {
            Interpolate(value, keys, indices, i + 1);
            if (!keys[i].Span.SequenceEqual(value)) return false;
        }

        return true;
    }

    private static void Interpolate(
        Span<byte> value, IReadOnlyList<OprfElement> keys, ReadOnlySpan<int> indices, int at)
    {
        Span<byte> coefficient = stackalloc byte[Ristretto255.Size];
        Span<byte> term = stackalloc byte[Ristretto255.Size];
        value.Clear();
        for (var i = 0; i < indices.Length; i++)
        {
            Lagrange.Coefficient(coefficient, indices, i, at);
            Throw.IfFailed(Ristretto255.TryMultiply(term, coefficient, keys[i].Span) ? 0 : -1, nameof(Interpolate));
            Ristretto255.Add(value, value, term);
        }
    }
}
