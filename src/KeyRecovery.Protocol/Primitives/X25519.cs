using System.Runtime.InteropServices;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// X25519 (RFC 7748 §5), by libsodium. Keys and shared secrets have 32 bytes; a private key is any 32 random ones.
/// </summary>
internal static partial class X25519
{
    public const int Size = 32;

    // The u-coordinates of small order, RFC 7748's top bit aside: 0, 1, two of order 8, p - 1, p and p + 1.
    private static readonly byte[][] SmallOrder =
    [
        Convert.FromHexString("0000000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("0100000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        Convert.FromHexString("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
        Convert.FromHexString("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ];

    static X25519() => Sodium.EnsureInitialized();

    public static void PublicKey(Span<byte> publicKey, ReadOnlySpan<byte> privateKey)
    {
        Throw.IfNotLength(publicKey.Length, Size, nameof(publicKey));
        Throw.IfNotLength(privateKey.Length, Size, nameof(privateKey));
        Throw.IfFailed(
            crypto_scalarmult_curve25519_base(publicKey, privateKey), nameof(crypto_scalarmult_curve25519_base));
    }

    /// <summary>False where the shared secret is all zeros: the public key is of small order (RFC 7748 §6.1).</summary>
    public static bool TryAgree(Span<byte> sharedSecret, ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey)
    {
        Throw.IfNotLength(sharedSecret.Length, Size, nameof(sharedSecret));
        Throw.IfNotLength(privateKey.Length, Size, nameof(privateKey));
        Throw.IfNotLength(publicKey.Length, Size, nameof(publicKey));
        return crypto_scalarmult_curve25519(sharedSecret, privateKey, publicKey) == 0;
    }

    public static bool IsSmallOrder(ReadOnlySpan<byte> publicKey)
    {
        Span<byte> masked = stackalloc byte[Size];
        publicKey.CopyTo(masked);
        masked[^1] &= 0x7f;
        foreach (var point in SmallOrder)
            if (masked.SequenceEqual(point)) return true;
        return false;
    }

    [LibraryImport(Sodium.Library)]
    private static partial int crypto_scalarmult_curve25519(Span<byte> q, ReadOnlySpan<byte> n, ReadOnlySpan<byte> p);

    [LibraryImport(Sodium.Library)]
    private static partial int crypto_scalarmult_curve25519_base(Span<byte> q, ReadOnlySpan<byte> n);
}
