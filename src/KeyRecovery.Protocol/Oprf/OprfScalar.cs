using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Oprf;

/// <summary>
/// A secret scalar of ristretto255, a share of an OPRF key for example: 32 bytes, little-endian, canonical (below the
/// group's order, RFC 9496 §4.4) and not zero. Zeroed on disposal, prints <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class OprfScalar : IDisposable
{
    /// <summary>The length in bytes: 32.</summary>
    public const int Size = Ristretto255.Size;

    private readonly SecretBytes _bytes;
    private OprfElement? _publicKey;

    private OprfScalar(SecretBytes bytes) => _bytes = bytes;

    /// <summary>The bytes, valid until disposal: do not keep the span beyond it.</summary>
    /// <exception cref="ObjectDisposedException">The scalar is gone.</exception>
    public ReadOnlySpan<byte> Span => _bytes.Span;

    /// <summary>
    /// The scalar times the generator. Computed at the first reading; usable after disposal if it was read before.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The scalar is gone and the key was never read.</exception>
    public OprfElement PublicKey => _publicKey ??= OprfElement.OfScalar(Span);

    /// <summary>
    /// Reads a scalar; the caller zeroes the original. False for another length, zero, or a value that is not
    /// canonical.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out OprfScalar? scalar)
    {
        scalar = Ristretto255.IsScalar(bytes) && !Ristretto255.IsZero(bytes)
            ? new OprfScalar(SecretBytes.Copy(bytes)) : null;
        return scalar is not null;
    }

    /// <summary>Takes a result of arithmetic, which is canonical, and zeroes the original.</summary>
    internal static OprfScalar Take(Span<byte> scalar)
    {
        RefuseZero(scalar);
        var taken = new OprfScalar(SecretBytes.Copy(scalar));
        CryptographicOperations.ZeroMemory(scalar);
        return taken;
    }

    internal static OprfScalar Random(IRandom random)
    {
        Span<byte> scalar = stackalloc byte[Size];
        Draw(scalar, random);
        return Take(scalar);
    }

    /// <summary>
    /// RandomScalar (RFC 9497 §4.7.2) by reducing 64 bytes, uniform but for 2^−259. Zero comes only from a broken
    /// source of randomness: drawing again would hide it.
    /// </summary>
    internal static void Draw(Span<byte> scalar, IRandom random)
    {
        Span<byte> wide = stackalloc byte[Ristretto255.WideSize];
        random.Fill(wide);
        Ristretto255.ScalarReduce(scalar, wide);
        CryptographicOperations.ZeroMemory(wide);
        RefuseZero(scalar);
    }

    /// <summary>Zeroes the scalar.</summary>
    public void Dispose() => _bytes.Dispose();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;

    private static void RefuseZero(ReadOnlySpan<byte> scalar)
    {
        if (Ristretto255.IsZero(scalar)) Throw.State("a random scalar is zero: the source of randomness is broken");
    }
}
