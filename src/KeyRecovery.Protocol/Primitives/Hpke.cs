using System.Buffers.Binary;
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

/// <summary>
/// HPKE's key schedule (RFC 9180 §5.1) for base mode and the one suite used here. Each output needs one block of
/// HKDF-Expand, so that each step is a single HMAC-SHA-256 over bytes laid out on the stack.
/// </summary>
internal static class HpkeSchedule
{
    public const int KeySize = 32;
    public const int NonceSize = 12;
    public const int ExporterSecretSize = HashSize;

    private const int HashSize = SHA256.HashSizeInBytes;
    private const int ContextSize = 1 + (2 * HashSize);
    private const byte BaseMode = 0;
    private const byte FirstBlock = 1;

    // "HPKE" ‖ KEM 0x647a ‖ KDF 0x0001 ‖ AEAD 0x0003
    private static ReadOnlySpan<byte> SuiteId => [0x48, 0x50, 0x4b, 0x45, 0x64, 0x7a, 0x00, 0x01, 0x00, 0x03];

    private static ReadOnlySpan<byte> Version => "HPKE-v1"u8;

    private static readonly byte[] PskIdHash = EmptyPskIdHash();

    public static void Derive(
        ReadOnlySpan<byte> sharedSecret, ReadOnlySpan<byte> info, Span<byte> key, Span<byte> nonce) =>
        Derive(sharedSecret, info, key, nonce, []);

    /// <param name="sharedSecret">32 bytes from the KEM.</param>
    /// <param name="info">The context's info, of any length.</param>
    /// <param name="key">32 bytes.</param>
    /// <param name="nonce">12 bytes: the base nonce, which is that of the first message.</param>
    /// <param name="exporterSecret">32 bytes, or empty where nobody asks for it.</param>
    public static void Derive(ReadOnlySpan<byte> sharedSecret, ReadOnlySpan<byte> info, Span<byte> key,
        Span<byte> nonce, Span<byte> exporterSecret)
    {
        Span<byte> context = stackalloc byte[ContextSize];
        context[0] = BaseMode;
        PskIdHash.CopyTo(context[1..]);
        LabeledExtract([], "info_hash"u8, info, context[(1 + HashSize)..]);

        Span<byte> secret = stackalloc byte[HashSize];
        LabeledExtract(sharedSecret, "secret"u8, [], secret);
        LabeledExpand(secret, "key"u8, context, key);
        LabeledExpand(secret, "base_nonce"u8, context, nonce);
        if (!exporterSecret.IsEmpty) LabeledExpand(secret, "exp"u8, context, exporterSecret);
        CryptographicOperations.ZeroMemory(secret);
    }

    /// <summary>RFC 9180 §4: LabeledExpand, at most one block of output.</summary>
    public static void LabeledExpand(
        ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, ReadOnlySpan<byte> info, Span<byte> output)
    {
        Throw.IfOutside(output.Length, 1, HashSize, nameof(output));
        Span<byte> input = stackalloc byte[256];
        BinaryPrimitives.WriteUInt16BigEndian(input, (ushort)output.Length);
        var length = sizeof(ushort);
        length += Append(input[length..], Version);
        length += Append(input[length..], SuiteId);
        length += Append(input[length..], label);
        length += Append(input[length..], info);
        input[length++] = FirstBlock;

        Span<byte> block = stackalloc byte[HashSize];
        HMACSHA256.HashData(secret, input[..length], block);
        block[..output.Length].CopyTo(output);
        CryptographicOperations.ZeroMemory(block);
    }

    private static void LabeledExtract(
        ReadOnlySpan<byte> salt, ReadOnlySpan<byte> label, ReadOnlySpan<byte> ikm, Span<byte> output)
    {
        var total = Version.Length + SuiteId.Length + label.Length + ikm.Length;
        var input = total <= 512 ? stackalloc byte[total] : new byte[total];
        var length = Append(input, Version);
        length += Append(input[length..], SuiteId);
        length += Append(input[length..], label);
        Append(input[length..], ikm);
        HMACSHA256.HashData(salt, input, output);
        CryptographicOperations.ZeroMemory(input);
    }

    private static int Append(Span<byte> destination, ReadOnlySpan<byte> part)
    {
        part.CopyTo(destination);
        return part.Length;
    }

    private static byte[] EmptyPskIdHash()
    {
        var hash = new byte[HashSize];
        LabeledExtract([], "psk_id_hash"u8, [], hash);
        return hash;
    }
}
