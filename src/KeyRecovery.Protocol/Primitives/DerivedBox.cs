using System.Security.Cryptography;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// Sealing without chance: XChaCha20-Poly1305 under a key and a nonce that are both derived from a secret and a context
/// (docs/protocol.md §4). One secret seals one plaintext under one context, which the caller sees to: the plaintext is
/// a function of the context. So whoever holds the secret can seal in one way only, and the nonce is not written.
/// </summary>
internal static class DerivedBox
{
    /// <summary>How much longer sealed bytes are than the plaintext: 16.</summary>
    public const int Overhead = 16;

    private const int NonceSize = 24;

    /// <summary>Seals.</summary>
    /// <param name="secret">The secret that key and nonce come from.</param>
    /// <param name="context">What is sealed, as bytes: also the associated data.</param>
    /// <param name="plaintext">The one plaintext of this context.</param>
    public static byte[] Seal(KdfKey secret, byte[] context, ReadOnlySpan<byte> plaintext)
    {
        Span<byte> derived = stackalloc byte[SecretBox.KeySize + NonceSize];
        secret.Derive(context, derived);
        var box = new byte[plaintext.Length + Overhead];
        Sodium.XChaChaSeal(box, plaintext, context, derived[SecretBox.KeySize..], derived[..SecretBox.KeySize]);
        CryptographicOperations.ZeroMemory(derived);
        return box;
    }

    /// <summary>Opens; false where it was not sealed so.</summary>
    public static bool TryOpen(KdfKey secret, byte[] context, ReadOnlySpan<byte> box, Span<byte> plaintext)
    {
        if (box.Length != plaintext.Length + Overhead) return false;
        Span<byte> derived = stackalloc byte[SecretBox.KeySize + NonceSize];
        secret.Derive(context, derived);
        var opened = Sodium.XChaChaOpen(
            plaintext, box, context, derived[SecretBox.KeySize..], derived[..SecretBox.KeySize]);
        CryptographicOperations.ZeroMemory(derived);
        return opened;
    }
}
