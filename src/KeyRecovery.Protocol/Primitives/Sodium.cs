using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// The functions of libsodium 1.0.22, which NSec ships, that NSec does not offer or offers only with key objects made
/// anew for each call.
/// </summary>
internal static partial class Sodium
{
    public const string Library = "libsodium";

    static Sodium() => EnsureInitialized();

    /// <summary>Chooses the fastest code for this processor; safe to call again and from many threads.</summary>
    public static void EnsureInitialized()
    {
        if (sodium_init() < 0) Throw.IfFailed(-1, nameof(sodium_init));
    }

    public static bool IsValidEd25519Point(ReadOnlySpan<byte> point) => crypto_core_ed25519_is_valid_point(point) == 1;

    public static void ChaChaSeal(Span<byte> sealedBytes, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> aad,
        ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> key) =>
        Throw.IfFailed(
            crypto_aead_chacha20poly1305_ietf_encrypt(
                sealedBytes, 0, plaintext, (ulong)plaintext.Length, aad, (ulong)aad.Length, 0, nonce, key),
            nameof(crypto_aead_chacha20poly1305_ietf_encrypt));

    public static bool ChaChaOpen(Span<byte> plaintext, ReadOnlySpan<byte> sealedBytes, ReadOnlySpan<byte> aad,
        ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> key) =>
        crypto_aead_chacha20poly1305_ietf_decrypt(
            plaintext, 0, 0, sealedBytes, (ulong)sealedBytes.Length, aad, (ulong)aad.Length, nonce, key) == 0;

    public static void XChaChaSeal(Span<byte> sealedBytes, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> aad,
        ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> key) =>
        Throw.IfFailed(
            crypto_aead_xchacha20poly1305_ietf_encrypt(
                sealedBytes, 0, plaintext, (ulong)plaintext.Length, aad, (ulong)aad.Length, 0, nonce, key),
            nameof(crypto_aead_xchacha20poly1305_ietf_encrypt));

    public static bool XChaChaOpen(Span<byte> plaintext, ReadOnlySpan<byte> sealedBytes, ReadOnlySpan<byte> aad,
        ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> key) =>
        crypto_aead_xchacha20poly1305_ietf_decrypt(
            plaintext, 0, 0, sealedBytes, (ulong)sealedBytes.Length, aad, (ulong)aad.Length, nonce, key) == 0;

    // HKDF (RFC 5869 §2): half the time of the platform's over OpenSSL 3.0, which looks its algorithms up at each call.
    public static void HkdfSha512Extract(Span<byte> prk64, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> salt) =>
        Throw.IfFailed(
            crypto_kdf_hkdf_sha512_extract(prk64, salt, (nuint)salt.Length, secret, (nuint)secret.Length),
            nameof(crypto_kdf_hkdf_sha512_extract));

    public static void HkdfSha512Expand(Span<byte> output, ReadOnlySpan<byte> prk64, ReadOnlySpan<byte> info) =>
        Throw.IfFailed(
            crypto_kdf_hkdf_sha512_expand(output, (nuint)output.Length, info, (nuint)info.Length, prk64),
            nameof(crypto_kdf_hkdf_sha512_expand));

    /// <summary>HKDF-SHA-256; the secret may be empty, which the platform's own refuses.</summary>
    public static void HkdfSha256(
        Span<byte> output, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> info)
    {
        Span<byte> prk = stackalloc byte[32];
        Throw.IfFailed(
            crypto_kdf_hkdf_sha256_extract(prk, salt, (nuint)salt.Length, secret, (nuint)secret.Length),
            nameof(crypto_kdf_hkdf_sha256_extract));
        Throw.IfFailed(
            crypto_kdf_hkdf_sha256_expand(output, (nuint)output.Length, info, (nuint)info.Length, prk),
            nameof(crypto_kdf_hkdf_sha256_expand));
        CryptographicOperations.ZeroMemory(prk);
    }

    [LibraryImport(Library)]
    private static partial int sodium_init();

    [LibraryImport(Library)]
    private static partial int crypto_kdf_hkdf_sha256_extract(
        Span<byte> prk, ReadOnlySpan<byte> salt, nuint saltLen, ReadOnlySpan<byte> ikm, nuint ikmLen);

    [LibraryImport(Library)]
    private static partial int crypto_kdf_hkdf_sha256_expand(
        Span<byte> output, nuint outLen, ReadOnlySpan<byte> ctx, nuint ctxLen, ReadOnlySpan<byte> prk);

    [LibraryImport(Library)]
    private static partial int crypto_kdf_hkdf_sha512_extract(
        Span<byte> prk, ReadOnlySpan<byte> salt, nuint saltLen, ReadOnlySpan<byte> ikm, nuint ikmLen);

    [LibraryImport(Library)]
    private static partial int crypto_kdf_hkdf_sha512_expand(
        Span<byte> output, nuint outLen, ReadOnlySpan<byte> ctx, nuint ctxLen, ReadOnlySpan<byte> prk);

    [LibraryImport(Library)]
    private static partial int crypto_core_ed25519_is_valid_point(ReadOnlySpan<byte> p);

    [LibraryImport(Library)]
    private static partial int crypto_aead_chacha20poly1305_ietf_encrypt(
        Span<byte> c, nint clen, ReadOnlySpan<byte> m, ulong mlen, ReadOnlySpan<byte> ad, ulong adlen, nint nsec,
        ReadOnlySpan<byte> npub, ReadOnlySpan<byte> k);

    [LibraryImport(Library)]
    private static partial int crypto_aead_chacha20poly1305_ietf_decrypt(
        Span<byte> m, nint mlen, nint nsec, ReadOnlySpan<byte> c, ulong clen, ReadOnlySpan<byte> ad, ulong adlen,
        ReadOnlySpan<byte> npub, ReadOnlySpan<byte> k);

    [LibraryImport(Library)]
    private static partial int crypto_aead_xchacha20poly1305_ietf_encrypt(
        Span<byte> c, nint clen, ReadOnlySpan<byte> m, ulong mlen, ReadOnlySpan<byte> ad, ulong adlen, nint nsec,
        ReadOnlySpan<byte> npub, ReadOnlySpan<byte> k);

    [LibraryImport(Library)]
    private static partial int crypto_aead_xchacha20poly1305_ietf_decrypt(
        Span<byte> m, nint mlen, nint nsec, ReadOnlySpan<byte> c, ulong clen, ReadOnlySpan<byte> ad, ulong adlen,
        ReadOnlySpan<byte> npub, ReadOnlySpan<byte> k);
}
