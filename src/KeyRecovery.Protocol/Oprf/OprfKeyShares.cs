using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Oprf;

/// <summary>
/// An OPRF key that a device has just drawn, and its shares (Shamir, over the scalar field of ristretto255;
/// docs/protocol.md §14.2). The whole key exists only here, and only until disposal. Prints <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class OprfKeyShares : IDisposable
{
    /// <summary>The most realms that share one key: 8.</summary>
    public const int MaxRealms = 8;

    private readonly OprfScalar _key;

    private OprfKeyShares(OprfScalar key, ImmutableArray<OprfScalar> shares)
    {
        _key = key;
        Shares = shares;
        ShareKeys = [.. shares.Select(share => share.PublicKey)];
    }

    /// <summary>The secret shares, that of index 1 first. They end with this object.</summary>
    public ImmutableArray<OprfScalar> Shares { get; }

    /// <summary>Their public keys, in the same order; usable after disposal.</summary>
    public ImmutableArray<OprfElement> ShareKeys { get; }

    /// <summary>Draws a key and shares it.</summary>
    /// <param name="realms">How many shares: 1 to 8.</param>
    /// <param name="threshold">How many of them evaluate together: more than half, at most all.</param>
    /// <param name="random">The source of the polynomial.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number outside these.</exception>
    public static OprfKeyShares Split(int realms, int threshold, IRandom random)
    {
        Throw.IfOutside(realms, 1, MaxRealms, nameof(realms));
        Throw.IfOutside(threshold, (realms / 2) + 1, realms, nameof(threshold));
        Span<byte> coefficients = stackalloc byte[threshold * OprfScalar.Size];
        for (var i = 0; i < threshold; i++)
            OprfScalar.Draw(coefficients.Slice(i * OprfScalar.Size, OprfScalar.Size), random);

        var shares = ImmutableArray.CreateBuilder<OprfScalar>(realms);
        for (var index = 1; index <= realms; index++) shares.Add(ShareAt(index, coefficients));
        var key = OprfScalar.Take(coefficients[..OprfScalar.Size]);
        CryptographicOperations.ZeroMemory(coefficients);
        return new OprfKeyShares(key, shares.MoveToImmutable());
    }

    /// <summary>
    /// The output for an input of up to 65,535 bytes with the whole key, as a device computes it when it sets a slot
    /// up: what any <c>threshold</c> realms give together. 64 bytes.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The key is gone.</exception>
    public SecretBytes Evaluate(ReadOnlySpan<byte> input)
    {
        Throw.IfOutside(input.Length, 0, OprfRequest.MaxInputSize, nameof(input));
        Span<byte> element = stackalloc byte[OprfElement.Size];
        Span<byte> product = stackalloc byte[OprfElement.Size];
        OprfSuite.Verifiable.HashToGroup(element, input);
        Throw.IfFailed(Ristretto255.TryMultiply(product, _key.Span, element) ? 0 : -1, nameof(Evaluate));
        var output = OprfSuite.Output(input, product);
        CryptographicOperations.ZeroMemory(element);
        CryptographicOperations.ZeroMemory(product);
        return output;
    }

    /// <summary>Zeroes the key and all shares.</summary>
    public void Dispose()
    {
        _key.Dispose();
        foreach (var share in Shares) share.Dispose();
    }

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;

    private static OprfScalar ShareAt(int index, ReadOnlySpan<byte> coefficients)
    {
        Span<byte> x = stackalloc byte[OprfScalar.Size];
        Span<byte> value = stackalloc byte[OprfScalar.Size];
        Lagrange.Number(x, index);
        value.Clear();
        for (var at = coefficients.Length - OprfScalar.Size; at >= 0; at -= OprfScalar.Size)
        {
            Ristretto255.ScalarMultiply(value, value, x);
            Ristretto255.ScalarAdd(value, value, coefficients.Slice(at, OprfScalar.Size));
        }

        return OprfScalar.Take(value);
    }
}
