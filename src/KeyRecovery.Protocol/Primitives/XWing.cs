using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// An X-Wing public key (draft-connolly-cfrg-xwing-kem), 1,216 bytes, compared by value. A key that exists as this type
/// can be sealed to: a malformed one is refused here, and not when its owner's epoch key is due.
/// </summary>
public sealed class KemPublicKey : IEquatable<KemPublicKey>
{
    /// <summary>The length in bytes: 1,216.</summary>
    public const int Size = XWing.PublicKeySize;

    private readonly byte[] _bytes;

    /// <summary>Reads a key from its bytes.</summary>
    /// <exception cref="WireFormatException">
    /// Not 1,216 bytes, an ML-KEM coefficient out of range, or an X25519 part of small order.
    /// </exception>
    public KemPublicKey(ReadOnlySpan<byte> bytes)
    {
        WireFormatException.Require(bytes.Length == Size, "an X-Wing key has 1,216 bytes");
        WireFormatException.Require(XWing.IsSound(bytes), "an X-Wing key is one that can be sealed to");
        _bytes = bytes.ToArray();
        Hash = Hash256.Of(bytes);
    }

    /// <summary>SHA-256 of the key, its name in the sigchain.</summary>
    public Hash256 Hash { get; }

    /// <summary>The 1,216 bytes.</summary>
    public ReadOnlySpan<byte> Span => _bytes;

    /// <inheritdoc/>
    public bool Equals(KemPublicKey? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as KemPublicKey);

    /// <inheritdoc/>
    public override int GetHashCode() => Hash.GetHashCode();

    /// <summary>Whether two keys are the same.</summary>
    public static bool operator ==(KemPublicKey? left, KemPublicKey? right) =>
        left is null ? right is null : left.Equals(right);

    /// <summary>Whether two keys differ.</summary>
    public static bool operator !=(KemPublicKey? left, KemPublicKey? right) => !(left == right);

    /// <summary>The key's hash in base64url.</summary>
    public override string ToString() => Hash.ToString();
}

/// <summary>
/// An X-Wing private key: its 32-byte seed (draft-connolly-cfrg-xwing-kem §5.2). Zeroed on disposal, prints
/// <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class KemPrivateKey : IDisposable
{
    /// <summary>The length of a seed in bytes: 32.</summary>
    public const int SeedSize = XWing.SeedSize;

    private readonly SecretBytes _seed;

    private KemPrivateKey(SecretBytes seed, KemPublicKey publicKey)
    {
        _seed = seed;
        PublicKey = publicKey;
    }

    /// <summary>The public half; usable after disposal.</summary>
    public KemPublicKey PublicKey { get; }

    /// <summary>Makes the key of a seed of 32 bytes. The caller zeroes the seed.</summary>
    public static KemPrivateKey FromSeed(ReadOnlySpan<byte> seed32)
    {
        Throw.IfNotLength(seed32.Length, SeedSize, nameof(seed32));
        var publicKey = new byte[XWing.PublicKeySize];
        XWing.PublicKey(publicKey, seed32);
        return new KemPrivateKey(SecretBytes.Copy(seed32), new KemPublicKey(publicKey));
    }

    /// <summary>The shared secret of a ciphertext; false for one that no honest sender makes.</summary>
    internal bool TryDecapsulate(ReadOnlySpan<byte> ciphertext, Span<byte> sharedSecret) =>
        XWing.TryDecapsulate(sharedSecret, ciphertext, _seed.Span);

    /// <summary>Zeroes the key.</summary>
    public void Dispose() => _seed.Dispose();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}

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
