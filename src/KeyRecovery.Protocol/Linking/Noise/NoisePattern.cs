using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Linking.Noise;

/// <summary>
/// What both sides of Noise_NKpsk0_25519_ChaChaPoly_SHA256 share (revision 34, §7.4 and §9):
/// <c>&lt;- s ... -&gt; psk, e, es  &lt;- e, ee</c>. A message is an ephemeral key of 32 bytes and the sealed payload.
/// </summary>
internal static class NoisePattern
{
    public const int PskSize = 32;

    /// <summary>How much longer a message is than its payload: 48.</summary>
    public const int Overhead = X25519.Size + NoiseCipher.TagSize;

    /// <summary>The state before the first message, with everything in it that both know.</summary>
    public static NoiseSymmetric Begin(
        ReadOnlySpan<byte> prologue, ReadOnlySpan<byte> psk, ReadOnlySpan<byte> responderKey)
    {
        Throw.IfNotLength(psk.Length, PskSize, nameof(psk));
        var state = new NoiseSymmetric("Noise_NKpsk0_25519_ChaChaPoly_SHA256"u8);
        state.MixHash(prologue);
        state.MixHash(responderKey);
        state.MixKeyAndHash(psk);
        return state;
    }

    /// <summary>
    /// The token <c>e</c>: with a pre-shared key in the pattern, ephemeral keys enter the chaining key too.
    /// </summary>
    public static void MixEphemeral(NoiseSymmetric state, ReadOnlySpan<byte> publicKey)
    {
        state.MixHash(publicKey);
        state.MixKey(publicKey);
    }

    /// <summary>The tokens <c>es</c> and <c>ee</c>. False for a public key of small order.</summary>
    public static bool TryMixAgreement(
        NoiseSymmetric state, ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey)
    {
        Span<byte> sharedSecret = stackalloc byte[X25519.Size];
        if (!X25519.TryAgree(sharedSecret, privateKey, publicKey)) return false;
        state.MixKey(sharedSecret);
        CryptographicOperations.ZeroMemory(sharedSecret);
        return true;
    }

    /// <summary>Writes the own ephemeral key to the front of a message and mixes it in.</summary>
    public static void WriteEphemeral(NoiseSymmetric state, NoiseKey ephemeral, Span<byte> message)
    {
        ephemeral.Public.CopyTo(message);
        MixEphemeral(state, ephemeral.Public);
    }
}
