using System.Security.Cryptography;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// Sealing to a public key: HPKE (RFC 9180) in base mode, one message a context, with X-Wing (KEM 0x647a),
/// HKDF-SHA256 (KDF 0x0001) and ChaCha20-Poly1305 (AEAD 0x0003). Sealed bytes are the encapsulated key, 1,120 bytes,
/// then the ciphertext with its tag of 16 bytes.
/// </summary>
public static class Hpke
{
    /// <summary>How much longer sealed bytes are than the plaintext: 1,136.</summary>
    public const int Overhead = XWing.CiphertextSize + TagSize;

    /// <summary>The length of the encapsulation's randomness in bytes: 64.</summary>
    public const int EncapsulationSeedSize = XWing.EncapsulationSeedSize;

    private const int TagSize = 16;

    /// <summary>
    /// Seals. Deterministic: whoever knows <paramref name="encapsulationSeed64"/> can make the same bytes again, and
    /// read them. The seed must be random or derived from a secret, and never serve two different messages.
    /// </summary>
    public static byte[] Seal(
        KemPublicKey recipient,
        ReadOnlySpan<byte> info,
        ReadOnlySpan<byte> aad,
        ReadOnlySpan<byte> plaintext,
        ReadOnlySpan<byte> encapsulationSeed64)
    {
        Throw.IfNotLength(encapsulationSeed64.Length, EncapsulationSeedSize, nameof(encapsulationSeed64));
        var output = new byte[Overhead + plaintext.Length];
        Span<byte> sharedSecret = stackalloc byte[XWing.SharedSecretSize];
        Span<byte> key = stackalloc byte[HpkeSchedule.KeySize];
        Span<byte> nonce = stackalloc byte[HpkeSchedule.NonceSize];
        try
        {
            if (!XWing.TryEncapsulate(
                output.AsSpan(0, XWing.CiphertextSize), sharedSecret, recipient.Span, encapsulationSeed64))
                Throw.IfFailed(-1, nameof(XWing));
            HpkeSchedule.Derive(sharedSecret, info, key, nonce);
            Sodium.ChaChaSeal(output.AsSpan(XWing.CiphertextSize), plaintext, aad, nonce, key);
            return output;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(sharedSecret);
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>
    /// Opens. False, for whatever reason, when the bytes were not sealed to this key with this info and associated
    /// data, or when <paramref name="plaintext"/> is not <see cref="Overhead"/> shorter than
    /// <paramref name="sealedBytes"/>.
    /// </summary>
    public static bool TryOpen(
        KemPrivateKey key,
        ReadOnlySpan<byte> info,
        ReadOnlySpan<byte> aad,
        ReadOnlySpan<byte> sealedBytes,
        Span<byte> plaintext)
    {
        if (sealedBytes.Length < Overhead || plaintext.Length != sealedBytes.Length - Overhead) return false;
        Span<byte> sharedSecret = stackalloc byte[XWing.SharedSecretSize];
        Span<byte> aeadKey = stackalloc byte[HpkeSchedule.KeySize];
        Span<byte> nonce = stackalloc byte[HpkeSchedule.NonceSize];
        try
        {
            if (!key.TryDecapsulate(sealedBytes[..XWing.CiphertextSize], sharedSecret)) return false;
            HpkeSchedule.Derive(sharedSecret, info, aeadKey, nonce);
            return Sodium.ChaChaOpen(plaintext, sealedBytes[XWing.CiphertextSize..], aad, nonce, aeadKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(sharedSecret);
            CryptographicOperations.ZeroMemory(aeadKey);
        }
    }
}
