namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// Sealing under a symmetric key: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha). The nonce, 24 random bytes, comes
/// first, then the ciphertext and its tag of 16 bytes. No overload takes a nonce: at 192 bits random ones do not meet.
/// </summary>
public static class SecretBox
{
    /// <summary>The length of a key in bytes: 32.</summary>
    public const int KeySize = 32;

    /// <summary>How much longer sealed bytes are than the plaintext: 40.</summary>
    public const int Overhead = NonceSize + TagSize;

    private const int NonceSize = 24;
    private const int TagSize = 16;

    /// <summary>Seals into a new array of the plaintext's length and <see cref="Overhead"/>.</summary>
    public static byte[] Seal(
        ReadOnlySpan<byte> key32, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext, IRandom random)
    {
        var output = new byte[plaintext.Length + Overhead];
        Seal(key32, aad, plaintext, output, random);
        return output;
    }

    /// <summary>
    /// Seals into <paramref name="destination"/>, which is <see cref="Overhead"/> longer than the plaintext and does
    /// not overlap it.
    /// </summary>
    public static void Seal(ReadOnlySpan<byte> key32, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext,
        Span<byte> destination, IRandom random)
    {
        Throw.IfNotLength(key32.Length, KeySize, nameof(key32));
        Throw.IfNotLength(destination.Length, plaintext.Length + Overhead, nameof(destination));
        if (destination.Overlaps(plaintext)) Throw.Argument(nameof(destination), "overlaps the plaintext");
        var nonce = destination[..NonceSize];
        random.Fill(nonce);
        Sodium.XChaChaSeal(destination[NonceSize..], plaintext, aad, nonce, key32);
    }

    /// <summary>
    /// Seals where the plaintext lies: <paramref name="box"/> holds 24 bytes of room for the nonce, the plaintext, and
    /// 16 bytes of room for the tag. Spares large plaintexts a copy that would have to be zeroed.
    /// </summary>
    internal static void SealInPlace(ReadOnlySpan<byte> key32, ReadOnlySpan<byte> aad, Span<byte> box, IRandom random)
    {
        Throw.IfNotLength(key32.Length, KeySize, nameof(key32));
        random.Fill(box[..NonceSize]);
        Sodium.XChaChaSeal(box[NonceSize..], box[NonceSize..^TagSize], aad, box[..NonceSize], key32);
    }

    /// <summary>The plaintext's place in a box that is sealed in place.</summary>
    internal static Span<byte> PlaintextOf(Span<byte> box) => box[NonceSize..^TagSize];

    /// <summary>
    /// Opens. False, for whatever reason, when the bytes were not sealed under this key with this associated data, or
    /// when <paramref name="plaintext"/> is not <see cref="Overhead"/> shorter than <paramref name="sealedBytes"/>.
    /// </summary>
    public static bool TryOpen(
        ReadOnlySpan<byte> key32, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> sealedBytes, Span<byte> plaintext)
    {
        Throw.IfNotLength(key32.Length, KeySize, nameof(key32));
        if (sealedBytes.Length < Overhead || plaintext.Length != sealedBytes.Length - Overhead) return false;
        return Sodium.XChaChaOpen(plaintext, sealedBytes[NonceSize..], aad, sealedBytes[..NonceSize], key32);
    }
}
