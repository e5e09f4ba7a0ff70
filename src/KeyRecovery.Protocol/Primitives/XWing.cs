using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// X-Wing (draft-connolly-cfrg-xwing-kem): ML-KEM-768 and X25519 in one key encapsulation, by libsodium. Sizes in
/// bytes. A private key is its 32-byte seed.
/// </summary>
internal static partial class XWing
{
    public const int PublicKeySize = MlKemPublicKeySize + X25519.Size;
    public const int CiphertextSize = 1120;
    public const int SeedSize = 32;
    public const int EncapsulationSeedSize = 64;
    public const int SharedSecretSize = 32;

    private const int MlKemPublicKeySize = 1184;
    private const int MlKemVectorSize = 1152;
    private const int MlKemModulus = 3329;

    static XWing() => Sodium.EnsureInitialized();

    public static void PublicKey(Span<byte> publicKey, ReadOnlySpan<byte> seed)
    {
        Span<byte> secretKey = stackalloc byte[SeedSize];
        var status = crypto_kem_xwing_seed_keypair(publicKey, secretKey, seed);
        CryptographicOperations.ZeroMemory(secretKey);
        Throw.IfFailed(status, nameof(crypto_kem_xwing_seed_keypair));
    }

    /// <summary>False only for a public key that <see cref="IsSound"/> refuses.</summary>
    public static bool TryEncapsulate(
        Span<byte> ciphertext, Span<byte> sharedSecret, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> seed) =>
        crypto_kem_xwing_enc_deterministic(ciphertext, sharedSecret, publicKey, seed) == 0;

    /// <summary>
    /// False for a ciphertext with an X25519 share of small order; any other wrong one gives another secret.
    /// </summary>
    public static bool TryDecapsulate(
        Span<byte> sharedSecret, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> seed) =>
        crypto_kem_xwing_dec(sharedSecret, ciphertext, seed) == 0;

    /// <summary>
    /// Whether anyone can encapsulate to the key: every ML-KEM coefficient is below the modulus (FIPS 203 §7.2), and
    /// the X25519 part is not of small order (RFC 7748 §6.1).
    /// </summary>
    public static bool IsSound(ReadOnlySpan<byte> publicKey)
    {
        for (var i = 0; i < MlKemVectorSize; i += 3)
        {
            var low = publicKey[i] | ((publicKey[i + 1] & 0x0f) << 8);
            var high = (publicKey[i + 1] >> 4) | (publicKey[i + 2] << 4);
            if (low >= MlKemModulus || high >= MlKemModulus) return false;
        }

        return !X25519.IsSmallOrder(publicKey[MlKemPublicKeySize..]);
    }

    [LibraryImport(Sodium.Library)]
    private static partial int crypto_kem_xwing_seed_keypair(Span<byte> pk, Span<byte> sk, ReadOnlySpan<byte> seed);

    [LibraryImport(Sodium.Library)]
    private static partial int crypto_kem_xwing_enc_deterministic(
        Span<byte> ct, Span<byte> ss, ReadOnlySpan<byte> pk, ReadOnlySpan<byte> seed);

    [LibraryImport(Sodium.Library)]
    private static partial int crypto_kem_xwing_dec(Span<byte> ss, ReadOnlySpan<byte> ct, ReadOnlySpan<byte> sk);
}
