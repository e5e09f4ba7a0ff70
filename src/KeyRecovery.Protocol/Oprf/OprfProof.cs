using System.Diagnostics.CodeAnalysis;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Oprf;

/// <summary>
/// A proof that an element was evaluated with the key behind a share key (DLEQ, RFC 9497 §2.2): the scalars c ‖ s, 64
/// bytes, both canonical.
/// </summary>
public sealed class OprfProof
{
    /// <summary>The length in bytes: 64.</summary>
    public const int Size = 2 * Ristretto255.Size;

    private readonly byte[] _bytes;

    internal OprfProof(byte[] bytes) => _bytes = bytes;

    internal ReadOnlySpan<byte> Challenge => _bytes.AsSpan(0, Ristretto255.Size);

    internal ReadOnlySpan<byte> Response => _bytes.AsSpan(Ristretto255.Size);

    /// <summary>
    /// Reads a proof. False for another length or a scalar that is not canonical; says nothing about what it proves.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out OprfProof? proof)
    {
        var sound = bytes.Length == Size && Ristretto255.IsScalar(bytes[..Ristretto255.Size])
            && Ristretto255.IsScalar(bytes[Ristretto255.Size..]);
        proof = sound ? new OprfProof(bytes.ToArray()) : null;
        return sound;
    }

    /// <summary>The 64 bytes, as a new array.</summary>
    public byte[] ToArray() => [.. _bytes];
}
